import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LanedBatcher } from './laned-batcher.ts';

interface Item {
  readonly key: string;
  readonly bytes: number;
}

const [small, large] = [1, 2_000_000];

/** Runs that end when the test says so, and what they ran. */
function laned() {
  const runs: { items: readonly Item[]; end: () => void }[] = [];
  const batcher = new LanedBatcher<Item, number>(
    (items) =>
      new Promise((resolve) => {
        runs.push({ items, end: () => resolve(items.map(({ bytes }) => bytes)) });
      }),
    { keyOf: ({ key }) => key, sizeOf: ({ bytes }) => bytes },
  );
  return { batcher, runs };
}

test('small items do not wait for a large one', async () => {
  const { batcher, runs } = laned();
  const slow = batcher.add({ key: 'a', bytes: large });
  const quick = batcher.add({ key: 'b', bytes: small });
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.end();
  expect(await quick).toBe(small);
  runs[0]?.end();
  expect(await slow).toBe(large);
});

test('items of one key are run in order, whatever their sizes are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), bytes: fc.constantFrom(small, large) })),
      async (items) => {
        const ran: Item[] = [];
        const batcher = new LanedBatcher<Item, Item>(
          async (batch) => {
            ran.push(...batch);
            // Large runs take more turns.
            for (const { bytes } of batch) if (bytes === large) await Promise.resolve();
            return batch;
          },
          { keyOf: ({ key }) => key, sizeOf: ({ bytes }) => bytes },
        );
        expect(await Promise.all(items.map((item) => batcher.add(item)))).toEqual(items);
        for (const wanted of ['a', 'b']) {
          const ofKey = ({ key }: Item) => key === wanted;
          expect(ran.filter(ofKey)).toEqual(items.filter(ofKey));
        }
      },
    ),
  );
});

test('an item goes on after one of its key that failed', async () => {
  const batcher = new LanedBatcher<Item, string>(
    async ([item]) => {
      if (item?.bytes === large) throw new Error('too much');
      return ['done'];
    },
    { keyOf: ({ key }) => key, sizeOf: ({ bytes }) => bytes },
  );
  const failing = batcher.add({ key: 'a', bytes: large });
  const next = batcher.add({ key: 'a', bytes: small });
  await expect(failing).rejects.toThrow('too much');
  expect(await next).toBe('done');
});
