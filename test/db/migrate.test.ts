import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Pool } from '../../src/postgres/pool.ts';
import { prepareDatabase } from '../../src/postgres/schema.ts';
import { ContainerProcess, type End } from '../deploy/support/container-process.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { services } from '../support/services.ts';
import { sqitch, sqitchProject } from '../support/sqitch.ts';

/*
 * `migrate.sh` with the real Sqitch: on databases that belong to somebody else, that are named in
 * unusual ways, or that have settings of their own.
 */

let directory: string;
let database: TestDatabase;
let name: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'asya-migrate-'));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  database = await createEmptyDatabase();
  name = new URL(database.url).pathname.slice(1);
});
afterEach(() => database.drop());

/** The password goes by the environment where a command has none. */
const account = {
  PGPASSWORD: decodeURIComponent(new URL(services.databaseUrl).password),
  SQITCH_FULLNAME: 'Somebody',
  SQITCH_EMAIL: 'somebody@asya.example',
};

function migrate(url: string, mode: 'deploy' | 'wait'): Promise<End> {
  const command = ['sh', join(sqitchProject, 'migrate.sh'), mode];
  const env = { ...account, ASYA_DATABASE_URL: url };
  return new ContainerProcess({ command, env, directory }).ended;
}

/** As an operator who follows an advice. */
function inProject(command: string): Promise<End> {
  const line = ['sh', '-c', `cd ${sqitchProject} && ${command}`];
  return new ContainerProcess({ command: line, env: account, directory }).ended;
}

async function run(text: string, url = database.url): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(text);
  await sql.end();
}

async function tables(url = database.url): Promise<string[]> {
  const sql = postgres(url, { max: 1 });
  const rows = await sql<{ tablename: string }[]>`
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`;
  await sql.end();
  return rows.map(({ tablename }) => tablename);
}

/** What the gateway says of the database; null: it would start. */
async function fault(url = database.url): Promise<string | null> {
  const pool = new Pool({ url, maxConnections: 2 });
  try {
    await prepareDatabase(pool);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await pool.close();
  }
}

describe('a database of another generation', () => {
  const generations = [
    ['jobs', 'job_updates', 'first'],
    ['envelopes', 'envelope_updates', 'second'],
    ['tasks', 'task_updates', 'third'],
  ] as const;

  /** A project of theirs: called as ours is, with other changes. */
  async function deployOther(table: string, updates: string): Promise<void> {
    const project = join(directory, table);
    await mkdir(join(project, 'deploy'), { recursive: true });
    await writeFile(
      join(project, 'sqitch.plan'),
      '%syntax-version=1.0.0\n%project=asya-gateway\n\n001_initial_schema 2025-10-05T22:50:00Z Somebody <somebody@asya.example> # First\n',
    );
    await writeFile(join(project, 'sqitch.conf'), '[core]\n\tengine = pg\n');
    await writeFile(
      join(project, 'deploy', '001_initial_schema.sql'),
      `CREATE TABLE ${table} (id text PRIMARY KEY, status text, payload jsonb, timeout_sec int);
       CREATE TABLE ${updates} (id bigserial PRIMARY KEY, status text);`,
    );
    await sqitch(database.url, 'deploy', '--chdir', project);
  }

  test.for(generations)(
    'with %s is said to be one, and left alone',
    async ([table, updates, nth]) => {
      await deployOther(table, updates);
      const before = await tables();

      for (const mode of ['deploy', 'wait'] as const) {
        const { code, output } = await migrate(database.url, mode);
        expect(output).toMatch(
          /another generation of Asya's gateway.*create one .*ASYA_DATABASE_URL/s,
        );
        expect(code).toBe(1);
      }
      const said = await fault();
      expect(said).toMatch(
        new RegExp(`database of Asya's ${nth} generation, with its table "${table}"`),
      );
      expect(said).toMatch(
        new RegExp(`createdb ${name}_gateway\n  sqitch deploy db:pg:.*/${name}_gateway$`),
      );
      // By hand nothing happens either.
      await expect(sqitch(database.url, 'deploy')).rejects.toThrow(
        /Cannot find .*001_initial_schema|[0-9a-f]{40}/,
      );
      expect(await tables()).toEqual(before);
    },
  );

  test('the advice is right: one beside it serves', async () => {
    await deployOther('envelopes', 'envelope_updates');
    const [, advised = ''] = /\n {2}(sqitch deploy .*)$/.exec((await fault()) ?? '') ?? [];
    await run(`CREATE DATABASE "${name}_gateway"`, services.databaseUrl);
    expect(await inProject(advised)).toMatchObject({ code: 0 });
    const url = new URL(database.url);
    url.pathname = `/${name}_gateway`;
    expect(await fault(url.href)).toBeNull();
    await run(`DROP DATABASE "${name}_gateway"`, services.databaseUrl);
  });
});

describe('a URL', () => {
  const { username, password, hostname, port } = new URL(services.databaseUrl);
  const credentials = password === '' ? username : `${username}:${password}`;

  test('with several hosts leads to the one that is there', async () => {
    const url = `postgres://${credentials}@127.0.0.1:1,${hostname}:${port}/${name}`;
    expect(await migrate(url, 'deploy')).toMatchObject({ code: 0 });
    expect(await migrate(url, 'wait')).toMatchObject({ code: 0 });
    expect(await fault(url)).toBeNull();
  });

  test('with a name of any characters, too, and so does the gateway’s advice', async () => {
    const odd = `${name} o'dd-ü`;
    await run(`ALTER DATABASE "${name}" RENAME TO "${odd}"`, services.databaseUrl);
    const url = `postgres://${credentials}@${hostname}:${port}/${encodeURIComponent(odd)}?connect_timeout=30`;
    const [, advised = ''] = /\n {2}(.*)$/.exec((await fault(url)) ?? '') ?? [];
    expect(await migrate(url, 'deploy')).toMatchObject({ code: 0 });
    expect(await fault(url)).toBeNull();
    expect((await inProject(advised)).output).toContain('Nothing to deploy');
    await run(`ALTER DATABASE "${odd}" RENAME TO "${name}"`, services.databaseUrl);
  });
});

test('settings of the database do not count', async () => {
  for (const setting of [
    "default_transaction_read_only = 'on'",
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '1'",
    "lock_timeout = '1'",
    "datestyle = 'SQL, DMY'",
  ]) {
    await run(`ALTER DATABASE "${name}" SET ${setting}`, services.databaseUrl);
  }
  expect(await migrate(database.url, 'deploy')).toMatchObject({ code: 0 });
  expect(await fault()).toBeNull();
});
