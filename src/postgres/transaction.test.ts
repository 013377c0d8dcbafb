import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../test/support/database.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import { connect, type Sql } from './connection.ts';
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

test('what rejects is rolled back, and the connection goes on', async () => {
  const failing = inTransaction(sql, async (transaction) => {
    await transaction`INSERT INTO notes VALUES ('one')`;
    throw new Error('the test says so');
  });
  await expect(failing).rejects.toThrow('the test says so');
  const broken = inTransaction(sql, (transaction) => transaction`SELECT 1 / 0`);
  await expect(broken).rejects.toThrow('division by zero');
  expect(await sql`SELECT FROM notes`).toHaveLength(0);
});

// An error thrown outside of every call would end the process; here it fails the whole run.
test('a connection lost in the midst rejects the call, and the next one connects again', async () => {
  for (let i = 0; i < 20; i++) {
    const lost = inTransaction(sql, async (transaction) => {
      await transaction`INSERT INTO notes VALUES ('two')`;
      const sleeping = transaction`SELECT pg_sleep(60)`;
      setTimeout(() => proxy.cut(), 5);
      return sleeping;
    });
    await expect(lost).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET/);
    expect(await sql`SELECT FROM notes`).toHaveLength(0);
  }
});

test('a session that the server ends rejects the call', async () => {
  const ended = inTransaction(
    sql,
    (transaction) => transaction`SELECT pg_terminate_backend(pg_backend_pid())`,
  );
  await expect(ended).rejects.toThrow(/CONNECTION_CLOSED|ECONNRESET|terminating/);
  // The driver may tell its next statement, too.
  await sql`SELECT`.catch(() => {});
  expect(await sql`SELECT FROM notes`).toHaveLength(0);
});
