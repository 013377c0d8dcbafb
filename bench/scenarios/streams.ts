import type { StreamsLoad, StreamsResult } from '../load/streams.ts';
import { streamsWorker } from '../load/workers.ts';
import type { Bench, Scenario } from '../parts/bench.ts';
import type { Figure } from '../parts/figure.ts';
import { createJobs } from '../parts/jobs.ts';
import { ownStand } from '../parts/stand.ts';
import { percentile } from '../parts/statistics.ts';

const openStreams = 10_000;
const updatesPerSecond = 1_000;
const watchers = 5_000;
const watchedUpdates = 10;

/** Clients that watch: many jobs by one each, and one job by many. */
export const streams: Scenario = {
  name: 'streams',
  title: 'Streams',
  run: async (bench) => [...(await manyStreams(bench)), ...(await manyWatchers(bench))],
};

async function manyStreams(bench: Bench): Promise<Figure[]> {
  const results = await watch(bench, openStreams, {
    streams: openStreams,
    reports: updatesPerSecond * bench.seconds * 2,
    perSecond: updatesPerSecond,
  });
  const spread = `${openStreams.toLocaleString('en')} streams, ${updatesPerSecond.toLocaleString('en')} updates a second`;
  return [
    {
      what: `${spread}: lost`,
      unit: 'updates',
      better: 'less',
      target: { value: 0 },
      samples: results.map(({ lost }) => ({ value: lost })),
      others: [],
    },
    {
      what: `${spread}: report to client, p99`,
      unit: 'ms',
      better: 'less',
      target: { value: 100 },
      samples: results.map(({ latencies }) => ({ value: percentile(latencies, 99) })),
      others: [],
    },
    {
      what: 'memory for each stream',
      unit: 'KB',
      better: 'less',
      target: { value: 30 },
      samples: results.map(({ bytesPerStream }) => ({
        value: (bytesPerStream ?? Number.NaN) / 1_000,
      })),
      others: [],
    },
  ];
}

async function manyWatchers(bench: Bench): Promise<Figure[]> {
  const results = await watch(bench, 1, {
    streams: watchers,
    reports: watchedUpdates,
    perSecond: 2,
  });
  return [
    {
      what: `one job watched by ${watchers.toLocaleString('en')}: slowest update to all`,
      unit: 'ms',
      better: 'less',
      target: { value: 250 },
      samples: results.map(({ untilAll, lost }) => ({
        value: lost > 0 ? Infinity : Math.max(...untilAll),
      })),
      others: [],
    },
  ];
}

/** A process for each round, so that what a stream takes is not what an earlier one left. */
async function watch(
  { backends, rounds, say }: Bench,
  jobCount: number,
  load: Pick<StreamsLoad, 'streams' | 'reports' | 'perSecond'>,
): Promise<StreamsResult[]> {
  await using stand = await ownStand(backends);
  const results: StreamsResult[] = [];
  for (let round = 0; round < rounds; round++) {
    const jobs = await createJobs(stand, jobCount);
    await stand.stop();
    await stand.start();
    const { origin, pid, steps } = stand;
    const [step = ''] = steps;
    const result = await streamsWorker.run({
      origin,
      pid,
      jobs,
      step,
      ...load,
    });
    const { lost, latencies, untilAll, bytesPerStream } = result;
    say(
      `lost ${lost}, p50 ${percentile(latencies, 50).toFixed(1)} ms, p99 ` +
        `${percentile(latencies, 99).toFixed(1)} ms, slowest to all ` +
        `${Math.max(...untilAll).toFixed(0)} ms, ${bytesPerStream?.toFixed(0)} bytes a stream`,
    );
    results.push(result);
  }
  return results;
}
