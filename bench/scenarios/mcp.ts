import { fileURLToPath } from 'node:url';
import type { HttpLoadResult } from '../load/http.ts';
import { httpWorker } from '../load/workers.ts';
import { connections, type Bench, type Scenario } from '../parts/bench.ts';
import { cpuMs } from '../parts/cpu.ts';
import { middle, type Figure, type Sample } from '../parts/figure.ts';
import { startServer } from '../parts/server.ts';

/** Answers that fill no store: it holds 100,000 jobs that nobody finishes. */
const requests = 30_000;

/** The MCP endpoint alone, beside the official SDK's own HTTP handler. */
export const mcp: Scenario = {
  name: 'mcp',
  title: 'The MCP endpoint and the official SDK',
  run: async (bench) => {
    const figures: Figure[] = [];
    for (const method of ['tools/list', 'tools/call'] as const) {
      const gateway = [];
      const sdk = [];
      for (let round = 0; round < bench.rounds; round++) {
        gateway.push(await measure('gateway.ts', method, bench));
        sdk.push(await measure('sdk-server.ts', method, bench));
      }
      figures.push({
        what: method,
        unit: 'requests/s',
        better: 'more',
        target: { ratio: 5 },
        samples: gateway.map(({ rate }) => rate),
        others: sdk.map(({ rate }) => rate),
      });
      const costs = {
        samples: gateway.map(({ cost }) => cost),
        others: sdk.map(({ cost }) => cost),
      };
      if (Number.isNaN(middle(costs.samples))) continue;
      const what = `${method}: processor time of the server`;
      figures.push({ what, unit: 'µs a request', better: 'less', target: null, ...costs });
    }
    return figures;
  },
};

/** A process for each: the load of a first run warms it up, and a second one is measured. */
async function measure(
  file: string,
  method: 'tools/list' | 'tools/call',
  { seconds, say }: Bench,
): Promise<{ rate: Sample; cost: Sample }> {
  let origin = '';
  await using server = await startServer({
    command: process.execPath,
    args: [fileURLToPath(new URL(`../mcp/${file}`, import.meta.url))],
    env: {},
    isReady: (output) => {
      origin = /http:\/\/[\w.:]+/.exec(output)?.[0] ?? '';
      return origin !== '';
    },
  });
  const load = (share: number): Promise<HttpLoadResult> =>
    httpWorker.run({
      origin,
      traffic: { kind: 'mcp', method },
      connections,
      seconds: seconds * share,
      requests: method === 'tools/call' ? requests * share : null,
      perSecond: null,
    });
  await load(1 / 2);
  const before = await cpuMs(server.pid);
  const { answers, seconds: elapsed } = await load(1);
  const after = await cpuMs(server.pid);
  const rate = { value: answers / elapsed };
  const cost = {
    value: before === null || after === null ? Number.NaN : ((after - before) * 1000) / answers,
  };
  say(`${file} ${method}: ${rate.value.toFixed(0)}/s, ${cost.value.toFixed(0)} µs`);
  return { rate, cost };
}
