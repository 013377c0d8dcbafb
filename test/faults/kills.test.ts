import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { runFault, scaled, timeout } from './fault-run.ts';

/** Processes that die without a word, again and again, under a steady load. */
describe.skipIf(unavailable !== null)('kill -9', { timeout }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
  });
  afterEach(() => cluster.killAll());
  afterAll(() => cluster.remove());

  test('invariants 1 and 2: of gateways and actors in turn: every accepted call ends once, rightly', async () => {
    await cluster.start();
    await runFault({
      fault: 'kill -9 of a gateway, then of an actor, every 2 s',
      cluster,
      breakThings: async () => {
        let mended = new Date();
        for (let i = 0; i < scaled(2, 6); i++) {
          for (const members of [cluster.gateways, cluster.actors]) {
            const victim = members[i % members.length];
            await victim?.kill();
            await pause(scaled(300, 1_000));
            mended = new Date();
            await victim?.start();
            await pause(scaled(300, 1_000));
          }
        }
        return mended;
      },
    });
  });

  test('invariant 2: of both gateways at once', async () => {
    await cluster.start();
    await runFault({
      fault: 'kill -9 of both gateways at once',
      cluster,
      breakThings: async () => {
        let mended = new Date();
        for (let i = 0; i < scaled(1, 4); i++) {
          await Promise.all(cluster.gateways.map((gateway) => gateway.kill()));
          await pause(scaled(500, 2_000));
          mended = new Date();
          await Promise.all(cluster.gateways.map((gateway) => gateway.start()));
          await pause(scaled(500, 3_000));
        }
        return mended;
      },
    });
  });
});
