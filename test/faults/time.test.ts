import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { note, runFault, scaled, timeout } from './fault-run.ts';
import { Load } from './load.ts';
import { heartbeatTimeoutSeconds } from './pipeline.ts';

const skew = fileURLToPath(new URL('skewed-clock.ts', import.meta.url));

describe.skipIf(unavailable !== null)('time', { timeout }, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
  });
  afterEach(() => cluster.killAll());
  afterAll(() => cluster.remove());

  test('invariant 5: deadlines that passed while no gateway lived fire when the first one is back', async () => {
    await cluster.start({ gateways: 2, actors: 0 });
    const urls = cluster.gateways.map(({ url }) => url);
    const perSecond = scaled(50, 400);
    const calls = new Load({ urls, perSecond, tool: 'hurried' });
    calls.start();
    await pause(scaled(1_000, 3_000));
    const { accepted } = await calls.stop();
    await Promise.all(cluster.gateways.map((gateway) => gateway.kill()));
    const count = (condition: string) =>
      cluster.postgres.query(async (sql) => {
        const query = `SELECT count(*)::int AS n FROM jobs WHERE ${condition}`;
        const [row] = await sql.unsafe<{ n: number }[]>(query);
        return row?.n;
      });
    await expect.poll(() => count('deadline > now()')).toBe(0);
    const passed = await count('finished_at IS NULL');
    await cluster.gateways[0]?.start();
    const back = Date.now();
    await expect.poll(() => count('finished_at IS NULL'), { interval: 20 }).toBe(0);
    note({
      fault: `${passed} deadlines passed while no gateway lived`,
      load: `${perSecond}/s`,
      accepted: accepted.length,
      refused: 0,
      unanswered: 0,
      lost: 0,
      repeatedRuns: 0,
      recovery: Math.round((Date.now() - back) / 100) / 10,
    });
    expect(passed).toBeGreaterThan(0);
    const rows = await cluster.postgres.query(
      (sql) => sql`SELECT count(*)::int AS jobs, status, reason, error FROM jobs GROUP BY 2, 3, 4`,
    );
    expect([...rows]).toEqual([
      {
        jobs: accepted.length,
        status: 'Failed',
        reason: 'DeadlineExceeded',
        error: 'job timed out',
      },
    ]);
  });

  test('invariants 2 and 5: a gateway whose clock is an hour ahead or behind ends no job early and leaves none', async () => {
    // One that is ahead, one that is behind, and both step by two hours while they run.
    const offsets = [3_600_000, -3_600_000];
    const env = (replica: number) => ({
      NODE_OPTIONS: `--import=${skew}`,
      TEST_CLOCK_OFFSET_MS: String(offsets[replica]),
      TEST_CLOCK_STEP_AFTER_MS: '4000',
    });
    await cluster.start({ gateways: 2, env });
    await runFault({
      fault: 'gateways whose clocks are an hour off, and step by two',
      cluster,
      breakThings: async () => {
        await cluster.gateways[0]?.kill();
        await pause(scaled(3_000, 10_000));
        await cluster.gateways[0]?.start();
      },
    });
  });

  test('a silence that nobody could have heard is not held against actors', async () => {
    await cluster.start({ gateways: 2 });
    await runFault({
      fault: `PostgreSQL away for longer than a heartbeat_timeout of ${heartbeatTimeoutSeconds} s`,
      cluster,
      load: { tool: 'watched', perSecond: 5, arguments: { ms: 2_500 } },
      breakThings: async () => {
        await pause(2_000);
        await cluster.postgres.stop();
        await pause((heartbeatTimeoutSeconds + 2) * 1_000);
        await cluster.postgres.start();
        return new Date();
      },
    });
  });
});
