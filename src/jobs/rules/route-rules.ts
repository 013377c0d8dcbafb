/**
 * The longer of a job's route and the one that a report brings. Actors may add steps, so a longer
 * route takes the place of the job's. A shorter one does not: the message only ends early.
 */
export function longerRoute(
  steps: readonly string[],
  reported: readonly string[] = [],
): readonly string[] {
  return reported.length > steps.length ? reported : steps;
}

/**
 * The index on a route that a report's step stands for. A reporter may count more steps than the
 * route has, and then stands at its last step. 0 on a route without steps, which is that of a child
 * of which only the id is known.
 */
export function placeOn(steps: readonly string[], stepIndex: number): number {
  return Math.max(0, Math.min(stepIndex, steps.length - 1));
}
