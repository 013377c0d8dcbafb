import postgres, { type PendingQuery, type Row } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../test/support/database.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import type { Sql } from './connection/connection.ts';
import { Connections } from './connection/connections.ts';
import { Servers } from './connection/servers.ts';
import { sessionSettings } from './connection/session-settings.ts';
import { parseDatabaseUrl } from './database-url.ts';
import type { Write } from './large-write.ts';
import { inTransaction, type Decided } from './transaction.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let sql: postgres.Sql;
let connections: Connections;

/** One connection for transactions. */
function oneConnection(url: string): Connections {
  const servers = new Servers(parseDatabaseUrl(url));
  const settings = { ...sessionSettings, statement_timeout: '0' };
  return new Connections({
    max: 1,
    limitMs: 60_000,
    outliveErrors: false,
    connect: (onLost) => servers.connect({ settings, onLost }),
  });
}

beforeAll(async () => {
  database = await createEmptyDatabase();
  proxy = await TcpProxy.to(database.url);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  connections = oneConnection(proxy.url);
  await sql`CREATE TABLE notes (text text)`;
});

afterAll(async () => {
  await connections.close(1_000);
  await sql.end({ timeout: 1 });
  await proxy.refuse();
  await database.drop();
});

const insert = (note: string) => (transaction: Sql) =>
  transaction`INSERT INTO notes VALUES (${note})`;

const sleep = (transaction: Sql) => transaction`SELECT pg_sleep(60)`;

const endSession = (transaction: Sql) => transaction`SELECT pg_terminate_backend(pg_backend_pid())`;

type Step<T extends Row[] = Row[]> = (transaction: Sql) => PendingQuery<T>;

const small = (send: Step): Write => ({ bytes: 0, send });

function transact<Rows extends Row[], T>(
  read: Step<Rows>,
  decide: (rows: Rows) => Decided<T>,
): Promise<T> {
  return connections.use((connection, allow) => inTransaction(connection, allow, read, decide));
}

/** Two steps that both write, so that it shows whether both or none is there. */
function run(read: Step, write: Step | null, result = 'result'): Promise<string> {
  return transact(read, () => ({ write: write && small(write), result }));
}

async function notes(): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`DELETE FROM notes RETURNING text`;
  return rows.map(({ text }) => text).toSorted();
}

test('both steps are committed, and the decision sees what was read', async () => {
  const result = transact(
    (transaction) => transaction<{ n: number }[]>`SELECT 1 AS n`,
    ([row]) => ({ write: small(insert('written')), result: row?.n }),
  );
  expect(await result).toBe(1);
  expect(await run(insert('read'), null)).toBe('result');
  expect(await notes()).toEqual(['read', 'written']);
});

test('transactions wait for a connection, and see what those before them wrote', async () => {
  const counts = [0, 1, 2].map((i) =>
    transact(
      (transaction) => transaction<{ n: number }[]>`SELECT count(*)::int AS n FROM notes`,
      ([row]) => ({ write: small(insert(`${i}`)), result: row?.n }),
    ),
  );
  expect(await Promise.all(counts)).toEqual([0, 1, 2]);
  expect(await notes()).toEqual(['0', '1', '2']);
});

test('what fails is rolled back, and the next one is not held up by it', async () => {
  const divide: Step = (transaction) => transaction`SELECT 1 / 0`;
  await expect(run(divide, insert('one'))).rejects.toThrow('division by zero');
  await expect(run(insert('one'), divide)).rejects.toThrow('division by zero');
  const undecided = transact(insert('one'), () => {
    throw new Error('the test says so');
  });
  await expect(undecided).rejects.toThrow('the test says so');
  const unsent = run(insert('one'), () => {
    throw new Error('the test says so');
  });
  await expect(unsent).rejects.toThrow('the test says so');
  expect(await notes()).toEqual([]);
  await run(insert('two'), null);
  expect(await notes()).toEqual(['two']);
});

// The driver prepares such a statement anew, and by then its transaction may be over.
test('statements that the server has forgotten are never committed one without the other', async () => {
  await run(insert('first'), insert('second'));
  expect(await notes()).toEqual(['first', 'second']);
  for (const forget of ['DEALLOCATE ALL', 'DISCARD PLANS']) {
    await connections.use((connection) => connection.unsafe(forget));
    const committed: string[][] = [];
    for (let i = 0; i < 3; i++) {
      const done = await run(insert('first'), insert('second')).then(
        () => ['first', 'second'],
        () => [],
      );
      committed.push(await notes());
      expect(committed[i]).toEqual(done);
    }
    expect(committed.at(-1)).toEqual(['first', 'second']);
  }
});

// An error thrown outside of every call would end the process; here it fails the whole run.
test.for([
  ['reading', sleep, insert('two')],
  ['writing', insert('two'), sleep],
] as const)(
  'a connection lost while %s rejects the call, and the next one connects again',
  async ([, read, write]) => {
    for (let i = 0; i < 20; i++) {
      const lost = run(read, write);
      // Again and again: the first may come before there is a connection.
      const cutting = setInterval(() => proxy.cut(), 20 + i);
      await expect(lost).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|lost/);
      clearInterval(cutting);
      expect(await notes()).toEqual([]);
    }
  },
);

test.for([
  ['reading', endSession, insert('three')],
  ['writing', insert('three'), endSession],
] as const)('a session that the server ends while %s rejects the call', async ([, read, write]) => {
  await expect(run(read, write)).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|terminating|lost/);
  expect(await notes()).toEqual([]);
  await run(insert('four'), null);
  expect(await notes()).toEqual(['four']);
});

test('a connection that was lost while nobody used it is not used again', async () => {
  for (let i = 0; i < 20; i++) {
    await run(insert('one'), null);
    proxy.cut();
    // The loss may still have to be noticed; it is then that call's, and no other's.
    await run(insert('two'), null).catch((error: unknown) => {
      expect(String(error)).toMatch(/CONNECTION_CLOSED|ECONNRESET|lost/);
    });
    await run(insert('three'), null);
    expect(await notes()).toEqual(expect.arrayContaining(['one', 'three']));
  }
});

test('a server that is away rejects the call, and those that wait for the connection as well', async () => {
  proxy.cut();
  await proxy.refuse();
  const calls = await Promise.allSettled([1, 2, 3].map((n) => run(insert(`${n}`), null)));
  expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await proxy.accept();
  await run(insert('back'), null);
  expect(await notes()).toEqual(['back']);
});

test('closing waits for the transaction under way, as long as it may take, and takes no other', async () => {
  for (const [seconds, graceSeconds, outcome] of [
    [0.2, 600, 'fulfilled'],
    [600, 1, 'rejected'],
  ] as const) {
    const closing = oneConnection(database.url);
    await closing.use((connection) => connection`SELECT`);
    const step: Step = (transaction) => transaction`SELECT pg_sleep(${seconds})`;
    const underWay = closing.use((connection, allow) =>
      inTransaction(connection, allow, step, () => ({
        write: small(insert('last')),
        result: null,
      })),
    );
    const waiting = closing.use((connection) => connection`SELECT`);
    const settled = Promise.allSettled([underWay, waiting]);
    await closing.close(graceSeconds * 1_000);
    const [first, second] = await settled;
    expect([first.status, second.status]).toEqual([outcome, 'rejected']);
    expect(await notes()).toEqual(outcome === 'fulfilled' ? ['last'] : []);
  }
});
