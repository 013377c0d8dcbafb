import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Cluster, unavailable } from './cluster.ts';
import { runFault, scaled, timeout } from './fault-run.ts';

/**
 * How long connections are silent. A connection that says nothing is given up after 8 s (PostgreSQL) or
 * 20 s (RabbitMQ).
 */
const silences = scaled([700], [3_000, 25_000]);

/** Between the servers and those who use them stands a network that misbehaves in every way it can. */
describe.skipIf(unavailable !== null)('a bad network', { timeout }, () => {
  let cluster: Cluster;
  let proxies: TcpProxy[] = [];

  beforeAll(async () => {
    cluster = await Cluster.create();
    const { postgres, rabbitmq } = cluster;
    const servers = [postgres.url, rabbitmq.url, postgres.url, rabbitmq.url, rabbitmq.url];
    proxies = await Promise.all(servers.map((url) => TcpProxy.to(url)));
    const env = (replica: number) => ({
      ASYA_DATABASE_URL: proxies[replica * 2]?.url ?? '',
      ASYA_RABBITMQ_URL: proxies[replica * 2 + 1]?.url ?? '',
    });
    const actorsEnv = { ASYA_RABBITMQ_URL: proxies.at(-1)?.url ?? '' };
    await cluster.start({ env, actorsEnv });
  });
  afterAll(async () => {
    await cluster.killAll();
    await Promise.all(proxies.map((proxy) => proxy.refuse()));
    await cluster.remove();
  });

  test('invariants 2 and 8: it delays, cuts, refuses, and swallows what is sent', async () => {
    await runFault({
      fault: 'a network that delays, cuts, refuses and swallows',
      cluster,
      breakThings: async () => {
        for (let round = 0; round < silences.length; round++) {
          for (const proxy of proxies) await misbehave(proxy, silences[round] ?? 0);
        }
        return new Date();
      },
    });
  });

  async function misbehave(proxy: TcpProxy, silenceMs: number): Promise<void> {
    proxy.delay(100);
    await pause(scaled(500, 2_000));
    proxy.delay(0);
    proxy.cut();
    await pause(200);
    await proxy.refuse();
    await pause(scaled(300, 1_500));
    await proxy.accept();
    await pause(200);
    // Half open: neither side hears that the other is gone.
    proxy.pause();
    await pause(scaled(700, 1_500));
    proxy.resume();
    await pause(200);
    proxy.pause();
    await pause(silenceMs);
    // What was sent meanwhile never arrives.
    proxy.cut();
    proxy.resume();
  }
});
