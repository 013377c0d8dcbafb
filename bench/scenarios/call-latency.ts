import { inTurns, type Scenario } from '../parts/bench.ts';
import { loadHttp } from '../parts/jobs.ts';
import { percentile } from '../parts/statistics.ts';

const perSecond = 500;

/** How long a call takes while nothing is overloaded. */
export const callLatency: Scenario = {
  name: 'call-latency',
  title: 'Latency of a tool call',
  run: async (bench) => {
    const turns = await inTurns(bench, async (stand) => {
      await stand.queues.purge();
      const { latencies } = await loadHttp(stand, {
        traffic: { kind: 'mcp', method: 'tools/call' },
        seconds: bench.seconds,
        perSecond,
      });
      return { p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
    });
    return (['p50', 'p99'] as const).map((rank) => ({
      what: `${rank} at ${perSecond} calls a second`,
      unit: 'ms',
      better: 'less',
      target: { value: rank === 'p50' ? 4 : 15 },
      samples: turns.gateway.map((one) => ({ value: one[rank] })),
      others: turns.peer.map((one) => ({ value: one[rank] })),
    }));
  },
};
