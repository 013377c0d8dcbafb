import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { aJob } from '../../test/support/jobs.ts';
import { StoreUnavailable, type ApplyOutcome } from '../jobs/job-store.ts';
import { sessionSettings } from './connection/session-settings.ts';
import { PostgresJobStore } from './job-store.ts';
import { Pool } from './pool.ts';

const mebibyte = 1_048_576;

let database: TestDatabase;
let pool: Pool;
let store: PostgresJobStore;

beforeAll(async () => {
  database = await createDatabase();
  const admin = new Pool({ url: database.url, maxConnections: 2 });
  // A server that is busy: to write a job takes a second.
  await admin.run(
    (sql) => sql`
      CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(1); RETURN NEW; END'`,
  );
  await admin.run(
    (sql) => sql`
      CREATE TRIGGER take_long BEFORE UPDATE ON jobs
      FOR EACH ROW WHEN (NEW.status = 'Succeeded') EXECUTE FUNCTION take_long()`,
  );
  await admin.close();
  pool = new Pool({ url: database.url, maxConnections: 4 });
  pool.useSettings({ ...sessionSettings, statement_timeout: '500' });
  store = new PostgresJobStore(pool);
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

async function succeed(result: string): Promise<ApplyOutcome | undefined> {
  const job = aJob();
  await store.create([job], 0);
  const [outcome] = await store.apply([{ jobId: job.id, event: { type: 'succeeded', result } }], 1);
  return outcome;
}

test('a large result has more time, and nothing else has', async () => {
  await expect(succeed('small')).rejects.toThrow(StoreUnavailable);
  expect(await succeed('x'.repeat(3 * mebibyte))).toMatchObject({ kind: 'applied' });
  await expect(succeed('small')).rejects.toThrow(StoreUnavailable);
});
