/** Actors may add steps. A shorter route is no news of its length: the message just ends early. */
export function longerRoute(
  steps: readonly string[],
  reported: readonly string[] = [],
): readonly string[] {
  return reported.length > steps.length ? reported : steps;
}
