import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { long, runFault, scaled } from './fault-run.ts';
import { holdJobs, rest } from './held-jobs.ts';
import { steps } from './pipeline.ts';

/** RabbitMQ away, deaf, or without what the gateway declared. The same processes live through all of it. */
describe.skipIf(unavailable !== null)('RabbitMQ', { timeout: 600_000 }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.start();
  }, 120_000);
  afterAll(() => cluster.remove());

  const readiness = () => Promise.all(cluster.gateways.map((gateway) => gateway.readiness()));

  test('invariants 2 and 8: stopped and started: calls are refused meanwhile, and the outbox drains', async () => {
    const { tally } = await runFault({
      fault: `RabbitMQ stopped for ${scaled(2, 30)} s`,
      cluster,
      breakThings: async () => {
        await cluster.rabbitmq.stop();
        await expect.poll(readiness, { timeout: 10_000 }).toEqual([503, 503]);
        await pause(scaled(2_000, 30_000));
        await cluster.rabbitmq.start();
        return new Date();
      },
    });
    expect(tally.refused).toBeGreaterThan(0);
  });

  test.runIf(long)('invariant 2: killed: what it confirmed is there when it is back', async () => {
    await runFault({
      fault: 'kill -9 of RabbitMQ',
      cluster,
      breakThings: async () => {
        await cluster.rabbitmq.crash();
        await pause(5_000);
        await cluster.rabbitmq.start();
        return new Date();
      },
    });
  });

  test('invariants 2, 8 and 9: under a memory alarm calls are refused, and nothing hangs or grows', async () => {
    const memory = () => Promise.all(cluster.gateways.map((gateway) => gateway.memory()));
    let before: number[] = [];
    await runFault({
      fault: `RabbitMQ blocks publishers for ${scaled(3, 30)} s`,
      cluster,
      breakThings: async () => {
        before = await memory();
        await cluster.rabbitmq.blockPublishers();
        await expect.poll(readiness, { timeout: 10_000 }).toEqual([503, 503]);
        await pause(scaled(3_000, 30_000));
        const after = await memory();
        after.forEach((mib, i) => expect(mib).toBeLessThan((before[i] ?? 0) + 100));
        await cluster.rabbitmq.unblockPublishers();
        return new Date();
      },
    });
  });

  test('invariant 2: its connections closed by an operator, again and again', async () => {
    await runFault({
      fault: 'all connections to RabbitMQ closed every second',
      cluster,
      breakThings: async () => {
        for (let i = 1; i < scaled(2, 15); i++) {
          await cluster.rabbitmq.closeConnections();
          await pause(1_000);
        }
        await cluster.rabbitmq.closeConnections();
        return new Date();
      },
    });
  });

  test('invariant 2: queues that are deleted while their messages are at work are declared again', async () => {
    await runFault({
      fault: 'each queue deleted while its messages are at work',
      cluster,
      breakThings: async (load) => {
        for (const queue of cluster.queues) {
          // RabbitMQ drops what is on its way to a queue that is being deleted, and confirms it.
          const step = steps.find((name) => name === queue) ?? 'square';
          const held = await holdJobs(cluster, load, step, 5);
          await rest(cluster, load, held);
          await cluster.rabbitmq.use((connection) =>
            connection.queueDelete({ queue, ifEmpty: true }),
          );
          load.resume();
          await held.letGo();
        }
        return new Date();
      },
    });
  });

  test('invariant 2: a deleted exchange closes channels, and is declared again with its bindings', async () => {
    await runFault({
      fault: 'the exchange deleted',
      cluster,
      breakThings: async () => {
        await cluster.rabbitmq.use((connection) =>
          connection.exchangeDelete({ exchange: cluster.exchange }),
        );
        return new Date();
      },
    });
  });
});
