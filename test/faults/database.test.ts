import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { long, runFault, scaled, timeout } from './fault-run.ts';

/** PostgreSQL away, starved, or breaking connections. The same processes live through all of it. */
describe.skipIf(unavailable !== null)('PostgreSQL', { timeout }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.start();
  });
  afterAll(() => cluster.remove());

  const readiness = () => Promise.all(cluster.gateways.map((gateway) => gateway.readiness()));

  test('invariant 8: stopped and started: 503 meanwhile, and back by itself', async () => {
    await runFault({
      fault: `PostgreSQL stopped for ${scaled(3, 15)} s`,
      cluster,
      breakThings: async ({ tally }) => {
        await cluster.postgres.stop();
        await expect.poll(readiness).toEqual([503, 503]);
        await expect.poll(() => tally.refused).toBeGreaterThan(0);
        await pause(scaled(3_000, 15_000));
        expect(await readiness()).toEqual([503, 503]);
        await cluster.postgres.start();
        return new Date();
      },
    });
  });

  test.runIf(long)('invariants 1 and 8: killed, and recovered from its log', async () => {
    await runFault({
      fault: 'kill -9 of PostgreSQL, five times',
      cluster,
      breakThings: async () => {
        let mended = new Date();
        for (let i = 0; i < 5; i++) {
          await cluster.postgres.crash();
          await pause(1_000);
          await cluster.postgres.start();
          mended = new Date();
          await pause(2_000);
        }
        return mended;
      },
    });
  });

  test('invariant 8: all its sessions terminated, again and again', async () => {
    await runFault({
      fault: 'all sessions of PostgreSQL terminated every 0.5 s',
      cluster,
      breakThings: async () => {
        for (let i = 1; i < scaled(4, 40); i++) {
          await cluster.postgres.terminateSessions();
          await pause(500);
        }
        await cluster.postgres.terminateSessions();
        return new Date();
      },
    });
  });

  test('invariant 8: its connections used up by somebody else', async () => {
    await runFault({
      fault: `connections of PostgreSQL used up for ${scaled(3, 20)} s`,
      cluster,
      breakThings: async () => {
        const giveBack = await cluster.postgres.exhaust();
        await expect.poll(readiness).toEqual([503, 503]);
        await pause(scaled(3_000, 20_000));
        await giveBack();
        return new Date();
      },
    });
  });

  test('invariants 2 and 8: stopped together with RabbitMQ', async () => {
    await runFault({
      fault: `PostgreSQL and RabbitMQ stopped for ${scaled(1, 15)} s`,
      cluster,
      breakThings: async () => {
        await Promise.all([cluster.postgres.stop(), cluster.rabbitmq.stop()]);
        await expect.poll(readiness).toEqual([503, 503]);
        await pause(scaled(1_000, 15_000));
        await Promise.all([cluster.postgres.start(), cluster.rabbitmq.start()]);
        return new Date();
      },
    });
  });
});
