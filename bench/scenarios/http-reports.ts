import { inTurns, type Scenario } from '../parts/bench.ts';
import { withCpu, type Sample } from '../parts/figure.ts';
import { createJobs, loadHttp } from '../parts/jobs.ts';
import type { Stand } from '../parts/stand.ts';

const jobCount = 1_000;

/** Heartbeats and progress as sidecars send them. Each is told to clients, so each is an update. */
export const httpReports: Scenario = {
  name: 'http-reports',
  title: 'Heartbeats and progress by HTTP',
  run: async (bench) => {
    const { gateway, peer } = await inTurns(bench, async (stand) => {
      const jobs = await createJobs(stand, jobCount);
      return reportsPerSecond(stand, jobs, bench.seconds);
    });
    return [
      {
        what: `over ${jobCount.toLocaleString('en')} jobs`,
        unit: 'reports/s',
        better: 'more',
        target: { value: 8_000, ratio: 3 },
        samples: gateway,
        others: peer,
      },
    ];
  },
};

export function reportsPerSecond(
  stand: Stand,
  jobs: readonly string[],
  seconds: number,
): Promise<Sample> {
  const [step = ''] = stand.steps;
  return withCpu(stand, async () => {
    const traffic = { kind: 'reports', jobs, step } as const;
    const result = await loadHttp(stand, { traffic, seconds });
    return { value: result.answers / result.seconds, operations: result.answers };
  });
}
