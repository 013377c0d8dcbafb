import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { aJob } from '../../test/support/jobs.ts';
import type { Purge } from '../jobs/ports/job-store.ts';
import { sessionSettings } from './connection/session-settings.ts';
import { PostgresJobStore } from './job-store.ts';
import { Pool } from './pool.ts';

let database: TestDatabase;
let admin: postgres.Sql;
let pool: Pool;
let store: PostgresJobStore;

beforeEach(async () => {
  database = await createDatabase();
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
  pool = new Pool({ url: database.url, maxConnections: 4 });
  store = new PostgresJobStore(pool);
});
afterEach(async () => {
  await pool.close();
  await admin.end();
  await database.drop();
});

/** A job that finished at an instant, after so many updates. */
async function finished(
  updates: number,
  at: number,
  result: string | null = null,
): Promise<string> {
  const job = aJob();
  await store.create([job], 0);
  await admin`
    INSERT INTO job_updates (job_id, seq, status, timestamp)
    SELECT ${job.id}, seq, 'Running', now() FROM generate_series(2, ${updates - 1}) AS seq`;
  await admin`UPDATE jobs SET seq = ${Math.max(updates - 1, 1)} WHERE id = ${job.id}`;
  await store.apply([{ jobId: job.id, event: { type: 'succeeded', result } }], at);
  return job.id;
}

async function rest(): Promise<{ jobs: number; updates: number }> {
  const [row] = await admin<{ jobs: number; updates: number }[]>`
    SELECT (SELECT count(*)::int FROM jobs) AS jobs,
      (SELECT count(*)::int FROM job_updates) AS updates`;
  return row ?? { jobs: 0, updates: 0 };
}

/** As the reaper does, until there is no more. @returns what each call did */
async function purgeAll(before: number): Promise<Purge[]> {
  const calls: Purge[] = [];
  for (;;) {
    const purge = await store.purge(before, 500);
    calls.push(purge);
    if (!purge.more) return calls;
  }
}

test('jobs go by tens of thousands of rows, the oldest first', async () => {
  for (let i = 0; i < 5; i++) await finished(3_000, i + 1);
  const kept = await finished(2, 1_000);
  expect(await purgeAll(1_000)).toEqual([
    { removed: 3, more: true },
    { removed: 2, more: false },
  ]);
  expect(await rest()).toEqual({ jobs: 1, updates: 2 });
  expect((await store.get([kept]))[0]?.id).toBe(kept);
});

test('a job with more history than a statement takes goes piece by piece, its end last', async () => {
  const chatty = await finished(25_000, 1);
  await finished(2, 2);
  const first = await store.purge(1_000, 500);
  expect(first).toEqual({ removed: 0, more: true });
  const [history] = await store.history([{ jobId: chatty, after: 24_998 }], 10);
  expect(history?.map(({ seq, status }) => [seq, status])).toEqual([
    [24_999, 'Running'],
    [25_000, 'Succeeded'],
  ]);
  expect(await rest()).toEqual({ jobs: 2, updates: 15_002 });
  await purgeAll(1_000);
  expect(await rest()).toEqual({ jobs: 0, updates: 0 });
});

test('large results count by their size', async () => {
  const large = () => Array.from({ length: 400_000 }, () => Math.random().toString(36)).join('');
  for (let i = 0; i < 4; i++) await finished(2, i + 1, large());
  const calls = await purgeAll(1_000);
  expect(calls.length).toBeGreaterThan(1);
  expect(calls.every(({ removed }) => removed > 0)).toBe(true);
  expect(await rest()).toEqual({ jobs: 0, updates: 0 });
});

test('where deleting is slow, less is deleted at a time, and all goes in the end', async () => {
  for (let i = 0; i < 4; i++) await finished(200, i + 1);
  await admin.unsafe(`
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.002); RETURN OLD; END $$;
    CREATE TRIGGER slow BEFORE DELETE ON job_updates FOR EACH ROW EXECUTE FUNCTION slow()`);
  pool.useSettings({ ...sessionSettings, statement_timeout: '1000' });
  const calls = await purgeAll(1_000);
  expect(calls[0]).toEqual({ removed: 0, more: true });
  expect(await rest()).toEqual({ jobs: 0, updates: 0 });
});

test('replicas that purge at the same time share the work', async () => {
  for (let i = 0; i < 20; i++) await finished(100, i + 1);
  const other = new Pool({ url: database.url, maxConnections: 4 });
  const both = await Promise.all(
    [store, new PostgresJobStore(other)].map((one) => one.purge(1_000, 10)),
  );
  expect(both.map(({ removed }) => removed).every((removed) => removed <= 10)).toBe(true);
  await purgeAll(1_000);
  expect(await rest()).toEqual({ jobs: 0, updates: 0 });
  await other.close();
});
