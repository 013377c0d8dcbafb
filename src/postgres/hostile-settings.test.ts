import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeContract } from '../../test/store-contract.ts';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { aJob } from '../../test/support/jobs.ts';
import { PostgresChangeNotifier } from './change-notifier.ts';
import { newerSettings, sessionSettings } from './connection/session-settings.ts';
import { PostgresJobStore } from './job-store.ts';
import { Pool } from './pool.ts';
import { prepareDatabase } from './schema.ts';

/*
 * What a database or a role sets for its sessions does not count: neither in what is read, nor in how
 * a statement is planned, nor in how a transaction ends.
 */

/** As SQL. Any of them would make a gateway slow, wrong or useless that went by it. */
const hostile: Readonly<Record<string, string>> = {
  datestyle: "'SQL, DMY'",
  intervalstyle: "'sql_standard'",
  timezone: "'Asia/Kathmandu'",
  timezone_abbreviations: "'India'",
  extra_float_digits: '-15',
  bytea_output: "'escape'",
  client_encoding: "'LATIN1'",
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  lc_messages: "'C'",
  lc_numeric: "'C'",
  default_transaction_isolation: "'serializable'",
  default_transaction_read_only: 'on',
  default_transaction_deferrable: 'on',
  synchronous_commit: 'off',
  statement_timeout: '1',
  lock_timeout: '1',
  idle_in_transaction_session_timeout: '1',
  idle_session_timeout: '1000',
  exit_on_error: 'on',
  client_min_messages: "'debug5'",
  row_security: 'off',
  search_path: "'nowhere, pg_catalog'",
  default_tablespace: "''",
  session_replication_role: "'replica'",
  plan_cache_mode: "'force_generic_plan'",
  jit: 'on',
  jit_above_cost: '0',
  enable_indexscan: 'off',
  enable_indexonlyscan: 'off',
  enable_bitmapscan: 'on',
  enable_nestloop: 'off',
  enable_sort: 'off',
  enable_seqscan: 'on',
  enable_hashjoin: 'on',
  enable_mergejoin: 'on',
  force_parallel_mode: 'on',
  work_mem: "'64kB'",
};

/** A database of which every session begins with these settings. */
async function hostileDatabase(
  settings: readonly (readonly [string, string])[],
): Promise<TestDatabase> {
  const database = await createDatabase();
  const admin = postgres(database.url, { max: 1, onnotice: () => {} });
  const name = new URL(database.url).pathname.slice(1);
  for (const [setting, value] of settings) {
    await admin.unsafe(`ALTER DATABASE "${name}" SET ${setting} = ${value}`);
  }
  await admin.end();
  return database;
}

async function open(database: TestDatabase): Promise<Pool> {
  const pool = new Pool({ url: database.url, maxConnections: 5 });
  await prepareDatabase(pool);
  return pool;
}

storeContract('the PostgreSQL store on a database with hostile settings', async () => {
  const database = await hostileDatabase(Object.entries(hostile));
  const pool = await open(database);
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

describe('each hostile setting alone', () => {
  test.for(Object.entries(hostile))('%s = %s', async ([name, value]) => {
    const database = await hostileDatabase([[name, value]]);
    const pool = await open(database);
    const store = new PostgresJobStore(pool);
    const job = aJob({
      createdAt: Date.UTC(2026, 10, 5, 1, 2, 3, 4),
      deadline: Date.UTC(2026, 11, 1),
      timeoutSeconds: 1.2345678901234567,
      payload: { text: 'ü€\\' },
    });
    await store.create([job], 0);
    expect(await store.get([job.id])).toEqual([job]);
    const event = { type: 'succeeded', result: '日本' } as const;
    await store.apply([{ jobId: job.id, event }], job.createdAt + 1);
    expect(await store.history([{ jobId: job.id, after: 1 }], 10)).toMatchObject([
      [{ result: '日本', timestamp: job.createdAt + 1 }],
    ]);
    expect(await store.purge(job.createdAt + 2, 10)).toMatchObject({ removed: 1 });
    expect(await store.history([{ jobId: job.id, after: 0 }], 10)).toEqual([[]]);
    await pool.close();
    await database.drop();
  });
});

describe('a session', () => {
  let database: TestDatabase;
  let pool: Pool;
  beforeAll(async () => {
    database = await hostileDatabase(Object.entries(hostile));
    pool = await open(database);
  });
  afterAll(async () => {
    await pool.close();
    await database.drop();
  });

  test('has the gateway’s settings, whatever it is for', async () => {
    const settingsOf = async (
      use: 'run' | 'runLong' | 'transact',
    ): Promise<Map<string, string>> => {
      const rows = await pool[use](
        (sql) => sql<{ name: string; setting: string }[]>`SELECT name, setting FROM pg_settings`,
      );
      return new Map(rows.map(({ name, setting }) => [name, setting]));
    };
    for (const use of ['run', 'runLong', 'transact'] as const) {
      const settings = await settingsOf(use);
      const names = Object.keys({ ...sessionSettings, search_path: '' });
      expect(Object.fromEntries(names.map((name) => [name, settings.get(name)]))).toEqual({
        ...sessionSettings,
        search_path: 'public',
      });
      for (const [name, value] of Object.entries(newerSettings)) {
        if (settings.has(name)) expect(settings.get(name)).toBe(value);
      }
    }
  });
});

test('a pooler that drops the settings is told of, with what the role has to set instead', async () => {
  const database = await createDatabase();
  const pool = new Pool({ url: database.url, maxConnections: 2 });
  // What the pooler would do: the sessions begin, and then are as the role has them.
  const useSettings = pool.useSettings.bind(pool);
  pool.useSettings = (settings) =>
    useSettings({ ...settings, statement_timeout: '0', synchronous_commit: 'off' });
  await expect(prepareDatabase(pool)).rejects.toThrow(
    /statement_timeout is 0, synchronous_commit is off.*\n.*ALTER ROLE "\w+" SET statement_timeout = '7000';\n.*synchronous_commit = 'on'/,
  );
  await pool.close();
  await database.drop();
});

describe('the tables are found', () => {
  const inSchema = async (
    arrange: (sql: postgres.Sql, database: string) => Promise<unknown>,
    query = '',
  ): Promise<unknown> => {
    const database = await createDatabase();
    const admin = postgres(database.url, { max: 1, onnotice: () => {} });
    await arrange(admin, new URL(database.url).pathname.slice(1));
    await admin.end();
    const pool = new Pool({ url: `${database.url}${query}`, maxConnections: 2 });
    try {
      await prepareDatabase(pool);
      return await pool.run(async (sql) => {
        const [row] = await sql`SELECT 'jobs'::regclass::oid::regclass::text AS name,
          current_setting('search_path') AS path`;
        return row?.['path'];
      });
    } finally {
      await pool.close();
      await database.drop();
    }
  };

  const moved = (schema: string) => (sql: postgres.Sql) =>
    sql.unsafe(`
      CREATE SCHEMA "${schema}";
      ALTER TABLE jobs SET SCHEMA "${schema}"; ALTER TABLE job_updates SET SCHEMA "${schema}"`);

  test('in a schema that no search path names', async () => {
    expect(await inSchema(moved("a 'b\\ c"))).toBe(`"a 'b\\ c"`);
  });

  test('in the schema that the role’s search path names, where there are two', async () => {
    const both = async (sql: postgres.Sql, database: string): Promise<void> => {
      await sql.unsafe(`
        CREATE SCHEMA other; CREATE TABLE other.jobs (LIKE jobs); CREATE TABLE other.job_updates (LIKE job_updates);
        ALTER DATABASE "${database}" SET search_path = other`);
    };
    expect(await inSchema(both)).toBe('other');
    expect(await inSchema(both, '?options=-c%20search_path%3Dpublic')).toBe('public');
  });

  test('unless there are two and nothing tells them apart', async () => {
    const both = async (sql: postgres.Sql): Promise<void> => {
      await sql.unsafe(`
        CREATE SCHEMA one; CREATE TABLE one.jobs (LIKE jobs); CREATE TABLE one.job_updates (LIKE job_updates)`);
      await moved('two')(sql);
    };
    await expect(inSchema(both)).rejects.toThrow(/several schemas: .*options=-c%20search_path%3D/);
  });

  test('behind a table of the same name that is somebody else’s', async () => {
    const hidden = async (sql: postgres.Sql, database: string): Promise<void> => {
      await sql.unsafe(`
        CREATE SCHEMA other; CREATE TABLE other.jobs (id int);
        ALTER DATABASE "${database}" SET search_path = other, public`);
    };
    expect(await inSchema(hidden)).toBe('public');
  });
});

test('a database that cannot hold every character is refused', async () => {
  const database = await createDatabase();
  const admin = postgres(database.url, { max: 1 });
  const name = `${new URL(database.url).pathname.slice(1)}_l1`;
  await admin.unsafe(
    `CREATE DATABASE "${name}" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
  );
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  const pool = new Pool({ url: url.href, maxConnections: 2 });
  await expect(prepareDatabase(pool)).rejects.toThrow(/encoded in LATIN1.*ENCODING 'UTF8'/);
  await pool.close();
  await admin.unsafe(`DROP DATABASE "${name}"`);
  await admin.end();
  await database.drop();
});
