import { fileURLToPath } from 'node:url';
import type { Bench, Scenario } from '../parts/bench.ts';
import { withCpu, type Sample } from '../parts/figure.ts';
import { loadHttp } from '../parts/jobs.ts';
import { startServer, type Server } from '../parts/server.ts';
import { ownStand, type Stand } from '../parts/stand.ts';
import { percentile } from '../parts/statistics.ts';

const traffic = { kind: 'tool-calls', wait: true } as const;

/** From a call to its result at the client, through three actors of the library in one process. */
export const pipeline: Scenario = {
  name: 'pipeline',
  title: 'A pipeline of three actors',
  run: async ({ backends, rounds, seconds, say }: Bench) => {
    await using stand = await ownStand(backends, { steps: 3, mode: 'wait' });
    await using actors = await startActors(stand);
    const alone: Sample[] = [];
    const saturated: Sample[] = [];
    for (let round = 0; round <= rounds; round++) {
      const { latencies } = await loadHttp(stand, { traffic, connections: 1, seconds });
      const one = { value: percentile(latencies, 50) };
      const all = await withCpu(stand, async () => {
        const { answers, seconds: elapsed } = await loadHttp(stand, { traffic, seconds });
        return { value: answers / elapsed, operations: answers };
      });
      say(`${one.value.toFixed(1)} ms, ${all.value.toFixed(0)} jobs/s (actors ${actors.pid})`);
      if (round === 0) continue;
      alone.push(one);
      saturated.push(all);
    }
    return [
      {
        what: 'call to result, one at a time, p50',
        unit: 'ms',
        better: 'less',
        target: { value: 25 },
        samples: alone,
        others: [],
      },
      {
        what: 'results with 64 callers',
        unit: 'jobs/s',
        better: 'more',
        target: { value: 1_000 },
        samples: saturated,
        others: [],
      },
    ];
  },
};

function startActors({ steps, queues, rabbitmqUrl }: Stand): Promise<Server> {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const file = fileURLToPath(new URL('pipeline-actors.ts', import.meta.url));
  return startServer({
    command: process.execPath,
    args: [main, 'actor', file],
    env: {
      ASYA_RABBITMQ_URL: rabbitmqUrl,
      ASYA_RABBITMQ_EXCHANGE: queues.exchange,
      BENCH_STEPS: steps.join(','),
    },
    isReady: (output) => output.includes('actors are waiting for work'),
  });
}
