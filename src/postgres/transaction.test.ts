import type { PendingQuery, Row } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../test/support/database.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import { connect, type Sql, type Transaction } from './connection.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let sql: Sql;

beforeAll(async () => {
  database = await createEmptyDatabase();
  proxy = await TcpProxy.to(database.url);
  sql = connect({ url: proxy.url, maxConnections: 1 });
  await sql`CREATE TABLE notes (text text)`;
});

afterAll(async () => {
  await sql.end({ timeout: 1 });
  await proxy.refuse();
  await database.drop();
});

const insert = (note: string) => (transaction: Transaction) =>
  transaction`INSERT INTO notes VALUES (${note})`;

const sleep = (transaction: Transaction) => transaction`SELECT pg_sleep(60)`;

const endSession = (transaction: Transaction) =>
  transaction`SELECT pg_terminate_backend(pg_backend_pid())`;

/** Two steps that both write, so that it shows whether both or none is there. */
function run(read: Step, write: Step | null, result = 'result'): Promise<string> {
  return inTransaction(sql, read, () => ({ write, result }));
}

type Step = (transaction: Transaction) => PendingQuery<Row[]>;

async function notes(): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`DELETE FROM notes RETURNING text`;
  return rows.map(({ text }) => text).toSorted();
}

test('both steps are committed, and the decision sees what was read', async () => {
  const result = inTransaction(
    sql,
    (transaction) => transaction<{ n: number }[]>`SELECT 1 AS n`,
    ([row]) => ({ write: insert('written'), result: row?.n }),
  );
  expect(await result).toBe(1);
  expect(await run(insert('read'), null)).toBe('result');
  expect(await notes()).toEqual(['read', 'written']);
});

test('transactions wait for a connection, and see what those before them wrote', async () => {
  const counts = [0, 1, 2].map((i) =>
    inTransaction(
      sql,
      (transaction) => transaction<{ n: number }[]>`SELECT count(*)::int AS n FROM notes`,
      ([row]) => ({ write: insert(`${i}`), result: row?.n }),
    ),
  );
  expect(await Promise.all(counts)).toEqual([0, 1, 2]);
  expect(await notes()).toEqual(['0', '1', '2']);
});

test('what fails is rolled back, and the connection goes on', async () => {
  const divide: Step = (transaction) => transaction`SELECT 1 / 0`;
  await expect(run(divide, insert('one'))).rejects.toThrow('division by zero');
  await expect(run(insert('one'), divide)).rejects.toThrow('division by zero');
  const undecided = inTransaction(sql, insert('one'), () => {
    throw new Error('the test says so');
  });
  await expect(undecided).rejects.toThrow('the test says so');
  const unsent = run(insert('one'), () => {
    throw new Error('the test says so');
  });
  await expect(unsent).rejects.toThrow('the test says so');
  expect(await notes()).toEqual([]);
});

// The driver prepares such a statement anew, also where its transaction is over by then.
test('statements that the server has forgotten are never committed one without the other', async () => {
  await run(insert('first'), insert('second'));
  expect(await notes()).toEqual(['first', 'second']);
  await sql.unsafe('DEALLOCATE ALL');
  const outcome = await run(insert('first'), insert('second')).catch(() => 'rejected');
  expect(await notes()).toEqual(outcome === 'rejected' ? [] : ['first', 'second']);
  await run(insert('first'), insert('second'));
  expect(await notes()).toEqual(['first', 'second']);
});

// An error thrown outside of every call would end the process; here it fails the whole run.
test.for([
  ['reading', sleep, insert('two')],
  ['writing', insert('two'), sleep],
] as const)(
  'a connection lost while %s rejects the call, and the next one connects again',
  async ([, read, write]) => {
    for (let i = 0; i < 20; i++) {
      const lost = inTransaction(sql, read, () => ({ write, result: null }));
      setTimeout(() => proxy.cut(), 5 + i);
      await expect(lost).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET/);
      expect(await notes()).toEqual([]);
    }
  },
);

test.for([
  ['reading', endSession, insert('three')],
  ['writing', insert('three'), endSession],
] as const)('a session that the server ends while %s rejects the call', async ([, read, write]) => {
  await expect(run(read, write)).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|terminating/);
  // The driver may tell its next statement, too.
  await sql`SELECT`.catch(() => {});
  expect(await notes()).toEqual([]);
});
