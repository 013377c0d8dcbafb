import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { runFault, scaled, timeout } from './fault-run.ts';
import { holdJobs } from './held-jobs.ts';

describe.skipIf(unavailable !== null)('SIGTERM under load', { timeout }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.start();
  });
  afterAll(() => cluster.remove());

  test('invariant 10: a rolling restart answers every call that was taken', async () => {
    const { tally } = await runFault({
      fault: 'rolling restart of both gateways (SIGTERM)',
      cluster,
      breakThings: async () => {
        for (let round = 0; round < scaled(1, 5); round++) {
          for (const gateway of cluster.gateways) {
            // One that has not stopped after 10 s ends itself with code 1.
            expect(await gateway.process.stop()).toMatchObject({ code: 0 });
            await gateway.start();
            await pause(scaled(300, 2_000));
          }
        }
      },
    });
    // Who finds nobody listening can call the other replica, and so can whose connection was refused
    // by the kernel, with the socket that it waited at. A call that was taken is answered.
    const lost = tally.unanswered.map(({ n }) => n);
    const taken = await cluster.postgres.query(
      (sql) => sql`SELECT id FROM jobs WHERE (payload->>'n')::int = ANY(${lost}::int[])`,
    );
    expect([...taken]).toEqual([]);
  });

  test('actors that are stopped give back what they have not finished', async () => {
    const { row } = await runFault({
      fault: 'rolling restart of the actors (SIGTERM)',
      cluster,
      breakThings: async (load) => {
        for (let round = 0; round < scaled(1, 5); round++) {
          // Most work ends before the actors do; this does not.
          const held = await holdJobs(cluster, load, 'increment', 5);
          for (const actors of cluster.actors) {
            await actors.process.stop();
            await actors.start();
          }
          await held.letGo();
        }
      },
    });
    expect(row.repeatedRuns).toBeGreaterThan(0);
  });
});
