/**
 * The longest that a test, or a hook, may take: an outer bound that ends what hangs, however busy the
 * machine is. Nothing is proven by it. A test that has more to do takes a multiple.
 */
export const patienceMs = 120_000;
