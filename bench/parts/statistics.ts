export function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}

/** The smallest number that at least `percent` of all do not exceed. */
export function percentile(numbers: readonly number[], percent: number): number {
  const rank = Math.max(Math.ceil((numbers.length * percent) / 100), 1);
  return numbers.toSorted((a, b) => a - b)[rank - 1] ?? Number.NaN;
}
