import type { Verdict } from './verdict.ts';

/** One line for each scenario, and below it what is wrong that was not expected. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ scenario }) => scenario.length));
  return verdicts
    .flatMap((verdict) => {
      const { revision, scenario, passed, failed, unexpected } = verdict;
      const counts = `${passed}/${passed + failed}`.padStart(6);
      return [
        `${revision}  ${scenario.padEnd(width)} ${counts}  ${describe(verdict)}`,
        ...unexpected.map(
          ({ status, id, errorMessage = 'no reason given' }) =>
            `            ${status.toLowerCase()} of ${id}: ${errorMessage}`,
        ),
      ];
    })
    .join('\n');
}

/** How many scenarios of each revision came out which way. */
export function formatTotals(verdicts: readonly Verdict[]): string {
  return [...Map.groupBy(verdicts, ({ revision }) => revision)]
    .map(([revision, ofRevision]) => {
      const {
        passes = [],
        excused = [],
        fails = [],
      } = Object.groupBy(ofRevision, ({ outcome }) => outcome);
      return `${revision}: ${passes.length} scenarios pass, ${excused.length} fail as expected, ${fails.length} fail`;
    })
    .join('\n');
}

function describe({ outcome, reasons }: Verdict): string {
  switch (outcome) {
    case 'passes':
      return 'passes';
    case 'fails':
      return 'FAILS';
    case 'excused':
      return `expected: ${reasons.join('; ')}`;
    case 'empty':
      return 'nothing was checked';
  }
}
