import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmptyDatabase, type TestDatabase } from '../../test/support/database.ts';
import { holdTimers, isSettled } from '../../test/support/held-timers.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import { StoreUnavailable } from '../jobs/ports/job-store.ts';
import type { Sql } from './connection/connection.ts';
import { Pool } from './pool.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let pool: Pool;
let losses = 0;

beforeEach(async () => {
  database = await createEmptyDatabase();
  proxy = await TcpProxy.to(database.url);
  losses = 0;
  pool = new Pool({ url: proxy.url, maxConnections: 9, onLoss: () => losses++ });
});
afterEach(async () => {
  await pool.close();
  await proxy.refuse();
  await database.drop();
});

/** Beyond what the server lets a statement take. */
const sleep = (sql: Sql) => sql`SELECT pg_sleep(60)`;

const pid = (sql: Sql): Promise<number> =>
  sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`.then(([row]) => row?.pid ?? 0);

/** Resolves once this many statements of that kind are under way. */
async function sleeping(count: number): Promise<number[]> {
  const admin = new Pool({ url: database.url, maxConnections: 2 });
  const find = () =>
    admin.run(
      (sql) => sql<{ pid: number }[]>`
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND state = 'active'
          AND pid <> pg_backend_pid()`,
    );
  await expect.poll(async () => (await find()).length).toBe(count);
  const rows = await find();
  await admin.close();
  return rows.map(({ pid }) => pid);
}

async function cancel(pids: readonly number[]): Promise<void> {
  const admin = new Pool({ url: database.url, maxConnections: 2 });
  await admin.run(
    (sql) =>
      sql`SELECT pg_cancel_backend(pid::int) FROM unnest(${pids.map(String)}::text[]) AS pid`,
  );
  await admin.close();
}

test('statements that take long hold up no others, however many there are', async () => {
  let ended = 0;
  const long = Array.from({ length: 5 }, () =>
    pool.runLong(sleep).catch((error: unknown) => {
      ended++;
      return error;
    }),
  );
  const pids = await sleeping(2);
  await Promise.all(Array.from({ length: 50 }, () => pool.run((sql) => sql`SELECT`)));
  await pool.transact((sql) => sql`SELECT`);
  expect(ended).toBe(0);
  await cancel(pids);
  await cancel(await sleeping(2));
  await cancel(await sleeping(1));
  for (const error of await Promise.all(long)) expect(error).toBeInstanceOf(StoreUnavailable);
});

test('a statement that the server gives up costs itself alone, and not even its connection', async () => {
  const before = await pool.run(pid);
  const slow = pool.run((sql) => sleep(sql)).catch((caught: unknown) => caught);
  const [sleeper = 0] = await sleeping(1);
  expect(sleeper).toBe(before);
  const other = await pool.run(pid);
  expect(other).not.toBe(before);
  await cancel([sleeper]);
  expect(await slow).toBeInstanceOf(StoreUnavailable);
  const used = await Promise.all([pool.run(pid), pool.run(pid)]);
  expect(new Set(used)).toEqual(new Set([before, other]));
  expect(losses).toBe(0);
});

test('a statement that fails costs itself alone, too', async () => {
  const before = await pool.run(pid);
  await expect(pool.run((sql) => sql`SELECT 1 / 0`)).rejects.toThrow('division by zero');
  expect(await pool.run(pid)).toBe(before);
  await expect(pool.transact((sql) => sql`SELECT 1 / 0`)).rejects.toThrow('division by zero');
  expect(losses).toBe(0);
});

test('a connection that is lost is lost alone, and told of once', async () => {
  const slow = pool.run(sleep).catch((caught: unknown) => caught);
  const [sleeper = 0] = await sleeping(1);
  const other = await pool.run(pid);
  const admin = new Pool({ url: database.url, maxConnections: 2 });
  await admin.run((sql) => sql`SELECT pg_terminate_backend(${sleeper})`);
  expect(await slow).toBeInstanceOf(StoreUnavailable);
  expect(await pool.run(pid)).toBe(other);
  expect(losses).toBe(1);
  await pool.runLong((sql) => sql`SELECT`);
  proxy.cut();
  await expect.poll(() => losses).toBe(2);
  await pool.run((sql) => sql`SELECT`);
  expect(losses).toBe(2);
  await admin.close();
});

test('calls wait for their turn, each for a connection of its own', async () => {
  const pids = await Promise.all(Array.from({ length: 20 }, () => pool.run(pid)));
  expect(new Set(pids).size).toBeLessThanOrEqual(5);
  const held = pool.transact(sleep).catch(() => {});
  await sleeping(1);
  const second = pool.transact(sleep).catch(() => {});
  const pidsNow = await sleeping(2);
  let isThrough = false;
  const third = pool.transact((sql) => sql`SELECT`).then(() => (isThrough = true));
  await pool.run((sql) => sql`SELECT`);
  expect(isThrough).toBe(false);
  await cancel(pidsNow);
  await Promise.all([held, second, third]);
  expect(isThrough).toBe(true);
});

test('the time for an answer begins when the server has the statement', async () => {
  const lengthOf = (text: string) =>
    pool.run(async (sql) => {
      const [row] = await sql<{ length: number }[]>`SELECT length(${text}::text) AS length`;
      return row?.length;
    });
  await lengthOf('prepares the statement');
  proxy.pause();
  const text = 'x'.repeat(30_000_000);
  let length: Promise<number | undefined>;
  {
    using timers = holdTimers();
    length = lengthOf(text);
    await timers.pass(20_000);
  }
  expect(await isSettled(length)).toBe(false);
  proxy.resume();
  expect(await length).toBe(text.length);
});

test('closing waits for what is under way, and takes no more', async () => {
  await pool.run((sql) => sql`SELECT`);
  const underWay = pool.run((sql) => sql`SELECT pg_sleep(0.5)`);
  const closing = pool.close(60_000);
  await expect(pool.run((sql) => sql`SELECT`)).rejects.toThrow(StoreUnavailable);
  await underWay;
  await closing;
});
