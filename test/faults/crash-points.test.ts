import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { runFault, scaled, timeout } from './fault-run.ts';
import { Load } from './load.ts';

const loader = fileURLToPath(new URL('crash-points.ts', import.meta.url));

/** Each step from a call to the outbox's mark, and from a report to its acknowledgement. */
const points = [
  'submitted',
  'created',
  'dispatching',
  'published',
  'confirmed',
  'marked',
  'reported',
  'applied',
  'acknowledged',
];

describe.skipIf(unavailable !== null)('a crash at each single step', { timeout }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.start({ gateways: 1 });
  });
  afterAll(() => cluster.remove());

  test('invariants 1, 2 and 3: a job’s row and its message agree in the end', async () => {
    await runFault({
      fault: `crash after each of ${points.length} steps of a job and a report`,
      cluster,
      load: { perSecond: 10 },
      breakThings: async (load) => {
        const turns = Array.from({ length: scaled(1, 6) }, (_, i) => 1 + i * 2);
        for (const turn of turns) {
          for (const point of points) await crashAt(point, turn, load);
        }
        return new Date();
      },
    });
  });

  /** A gateway that dies there, while calls come to it. */
  async function crashAt(point: string, turn: number, load: Load): Promise<void> {
    const victim = await cluster.addGateway({
      NODE_OPTIONS: `--import=${loader}`,
      TEST_CRASH_POINT: point,
      TEST_CRASH_TURN: String(turn),
    });
    const calls = new Load({ urls: [victim.url], perSecond: 40 });
    calls.start();
    const { signal } = await victim.process.exited;
    expect({ point, signal }).toEqual({ point, signal: 'SIGKILL' });
    await calls.stop();
    load.include(calls);
  }
});
