import type { Traffic } from '../load/traffic.ts';
import { inTurns, type Bench, type Scenario } from '../parts/bench.ts';
import { withCpu, type Figure, type Sample } from '../parts/figure.ts';
import { allDurable, loadHttp, storedJobs } from '../parts/jobs.ts';
import type { Stand } from '../parts/stand.ts';

/** Tool calls, each of which becomes a job that outlives a crash. */
export const durableJobs: Scenario = {
  name: 'durable-jobs',
  title: 'Durable jobs',
  run: async (bench) => [
    await figure(bench, 'POST /mcp, tools/call', { kind: 'mcp', method: 'tools/call' }, 3),
    await figure(bench, 'POST /tools/call', { kind: 'tool-calls' }),
  ],
};

async function figure(
  bench: Bench,
  what: string,
  traffic: Traffic,
  ratio?: number,
): Promise<Figure> {
  const turns = await inTurns(bench, (stand) => jobsPerSecond(stand, traffic, bench.seconds));
  return {
    what,
    unit: 'jobs/s',
    better: 'more',
    target: { value: 8_000, ...(ratio !== undefined && { ratio }) },
    samples: turns.gateway,
    others: turns.peer,
  };
}

/** A job counts only when PostgreSQL has it and it is in its queue: the clock runs until the last is. */
export async function jobsPerSecond(
  stand: Stand,
  traffic: Traffic,
  seconds: number,
): Promise<Sample> {
  await stand.queues.purge();
  const { value, cpu, jobs } = await withCpu(stand, async () => {
    const begun = performance.now();
    const { jobs } = await loadHttp(stand, { traffic, seconds });
    await allDurable(stand, jobs.length);
    const elapsed = (performance.now() - begun) / 1000;
    return { value: jobs.length / elapsed, operations: jobs.length, jobs };
  });
  const stored = await storedJobs(stand, jobs);
  if (stored !== jobs.length) throw new Error(`${stored} of ${jobs.length} jobs are stored`);
  return { value, cpu };
}
