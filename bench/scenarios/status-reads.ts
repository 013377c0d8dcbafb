import { inTurns, type Scenario } from '../parts/bench.ts';
import { withCpu, type Sample } from '../parts/figure.ts';
import { createJobs, loadHttp } from '../parts/jobs.ts';
import type { Stand } from '../parts/stand.ts';

const jobCount = 1_000;

/** Clients that poll. */
export const statusReads: Scenario = {
  name: 'status-reads',
  title: 'Job status',
  run: async (bench) => {
    const jobs = new Map<Stand, readonly string[]>();
    const { gateway, peer } = await inTurns(bench, async (stand) => {
      if (!jobs.has(stand)) jobs.set(stand, await createJobs(stand, jobCount));
      return readsPerSecond(stand, jobs.get(stand) ?? [], bench.seconds);
    });
    return [
      {
        what: `GET /jobs/{id} of ${jobCount.toLocaleString('en')} jobs`,
        unit: 'reads/s',
        better: 'more',
        target: { value: 15_000 },
        samples: gateway,
        others: peer,
      },
    ];
  },
};

export function readsPerSecond(
  stand: Stand,
  jobs: readonly string[],
  seconds: number,
): Promise<Sample> {
  return withCpu(stand, async () => {
    const result = await loadHttp(stand, { traffic: { kind: 'reads', jobs }, seconds });
    return { value: result.answers / result.seconds, operations: result.answers };
  });
}
