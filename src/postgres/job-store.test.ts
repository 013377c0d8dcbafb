import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { JobEvents } from '../jobs/engine/job-events.ts';
import { StoreContended, StoreUnavailable, type AddressedEvent } from '../jobs/ports/job-store.ts';
import { storeContract } from '../../test/store-contract.ts';
import {
  createDatabase,
  createEmptyDatabase,
  type TestDatabase,
} from '../../test/support/database.ts';
import { holdTimers } from '../../test/support/held-timers.ts';
import { aJob } from '../../test/support/jobs.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import { sessionSettings } from './connection/session-settings.ts';
import { PostgresChangeNotifier } from './change-notifier.ts';
import { PostgresJobStore } from './job-store.ts';
import { Pool } from './pool.ts';
import { DatabaseUnusable } from './database-unusable.ts';
import { prepareDatabase } from './schema.ts';

storeContract('the PostgreSQL store', async () => {
  const database = await createDatabase();
  const pool = new Pool({ url: database.url, maxConnections: 5 });
  const notifier = new PostgresChangeNotifier(pool);
  return {
    store: new PostgresJobStore(pool),
    notifier,
    async close() {
      await notifier.close();
      await pool.close();
      await database.drop();
    },
  };
});

describe('an outage', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let pool: Pool;
  let store: PostgresJobStore;
  beforeEach(async () => {
    database = await createDatabase();
    proxy = await TcpProxy.to(database.url);
    pool = new Pool({ url: proxy.url, maxConnections: 2 });
    store = new PostgresJobStore(pool);
  });
  afterEach(async () => {
    await pool.close();
    await proxy.refuse();
    await database.drop();
  });

  test('is StoreUnavailable when nothing listens, and names no password', async () => {
    const away = new Pool({ url: 'postgres://u:secret@127.0.0.1:1/none', maxConnections: 2 });
    const error: unknown = await new PostgresJobStore(away).get(['x']).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(String(error)).not.toContain('secret');
    expect(await new PostgresJobStore(away).unavailable()).toMatch(/PostgreSQL is not available/);
    await away.close();
  });

  test('is over by itself once the server lets connections in again', async () => {
    const job = aJob();
    await store.create([job], 0);
    const admin = new Pool({ url: database.url, maxConnections: 2 });
    await admin.run(
      (sql) => sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await admin.close();
    // The first call may still find the broken connection; that is an outage, not a wrong answer.
    const first: unknown = await store.get([job.id]).catch((caught: unknown) => caught);
    if (first instanceof Error) expect(first).toBeInstanceOf(StoreUnavailable);
    expect(await store.get([job.id])).toEqual([job]);
  });

  test('of a network that swallows everything is noticed, and dead connections are given up', async () => {
    const job = aJob();
    await store.create([job], 0);
    // Over a connection that stands: a new one would have a shorter limit.
    expect(await store.get([job.id])).toEqual([job]);
    proxy.pause();
    {
      using timers = holdTimers();
      const read: Promise<unknown> = store.get([job.id]).catch((caught: unknown) => caught);
      await timers.pass(8_000);
      expect(await read).toBeInstanceOf(StoreUnavailable);
      expect(String(await read)).toMatch(/no answer within 8000 ms/);
      const fault = store.unavailable();
      await timers.pass(8_000);
      expect(await fault).toMatch(/PostgreSQL is not available/);
    }
    proxy.resume();
    await expect.poll(() => store.unavailable()).toBeNull();
    expect(await store.get([job.id])).toEqual([job]);
  });
});

describe('a batch', () => {
  let database: TestDatabase;
  let pool: Pool;
  let store: PostgresJobStore;
  beforeEach(async () => {
    database = await createDatabase();
    pool = new Pool({ url: database.url, maxConnections: 5 });
    store = new PostgresJobStore(pool);
  });
  afterEach(async () => {
    await pool.close();
    await database.drop();
  });

  const end = (jobId: string): AddressedEvent => ({
    jobId,
    event: { type: 'succeeded', result: null },
  });

  test('with a job that somebody else holds does not fail the others', async () => {
    const [held, free] = [aJob(), aJob()];
    await store.create([held, free], 0);
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const admin = new Pool({ url: database.url, maxConnections: 2 });
    const holding = admin.transact(async (sql) => {
      await sql`BEGIN`;
      await sql`SELECT FROM jobs WHERE id = ${held.id} FOR UPDATE`;
      locked.resolve();
      await release.promise;
      await sql`COMMIT`;
    });
    await locked.promise;
    const events = new JobEvents({ store, clock: () => 5, afterCommit: [] });
    const [first, second] = await Promise.allSettled([
      events.apply(held.id, end(held.id).event),
      events.apply(free.id, end(free.id).event),
    ]);
    release.resolve();
    await holding;
    await admin.close();
    expect(first).toMatchObject({ status: 'rejected', reason: expect.any(StoreContended) });
    expect(second).toMatchObject({ status: 'fulfilled', value: { kind: 'applied' } });
  });

  test('of many bytes has as much time as it needs, and others have no more than ever', async () => {
    const [job, created] = [aJob(), aJob({ payload: manyNumbers() })];
    await store.create([job], 0);
    const hurried = new Pool({ url: database.url, maxConnections: 5 });
    hurried.useSettings({ ...sessionSettings, statement_timeout: '1000' });
    const hurriedStore = new PostgresJobStore(hurried);
    const event: AddressedEvent['event'] = { type: 'succeeded', result: manyNumbers() };
    const [outcome] = await hurriedStore.apply([{ jobId: job.id, event }], 5);
    expect(outcome?.kind).toBe('applied');
    expect(await hurriedStore.create([created], 0)).toEqual([true]);
    expect(await hurriedStore.create([created], 0)).toEqual([false]);
    const limits = [hurried.run.bind(hurried), hurried.transact.bind(hurried)].map((use) =>
      use(async (sql) => {
        const [row] = await sql`SELECT current_setting('statement_timeout') AS limit`;
        return row?.['limit'];
      }),
    );
    expect(await Promise.all(limits)).toEqual(['1s', '1s']);
    await hurried.close();
  });
});

/** What takes PostgreSQL several seconds to store. */
function manyNumbers(): number[] {
  return Array.from({ length: 4_000_000 }, (_, i) => (i * 7_919) % 10_000_000);
}

describe('the check of the schema', () => {
  test('passes on a deployed database', async () => {
    const database = await createDatabase();
    const pool = new Pool({ url: database.url, maxConnections: 2 });
    await expect(prepareDatabase(pool)).resolves.toBeUndefined();
    await pool.run((sql) => sql`ALTER TABLE jobs DROP COLUMN unroutable_since`);
    const error = await prepareDatabase(pool).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatabaseUnusable);
    expect(String(error)).toMatch(/older than this gateway needs: it lacks jobs\.unroutable_since/);
    await pool.close();
    await database.drop();
  });

  test('names the command to run on one that is not', async () => {
    const database = await createEmptyDatabase();
    const pool = new Pool({ url: database.url, maxConnections: 2 });
    const name = new URL(database.url).pathname.slice(1);
    const error = await prepareDatabase(pool).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DatabaseUnusable);
    expect(String(error)).toMatch(/not deployed/);
    expect(String(error)).toMatch(new RegExp(`sqitch deploy db:pg://\\w+@127.0.0.1:\\d+/${name}`));
    await pool.close();
    await database.drop();
  });
});
