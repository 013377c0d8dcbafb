import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { Pool } from './pool.ts';
import { jobColumns, outboxColumns } from './job-columns.ts';
import { updateColumns } from './update-columns.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = new Pool({ url: database.url, maxConnections: 2 });
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

/** Every column of a table with its type, as the catalogue has them. */
async function deployed(table: string): Promise<string[]> {
  const rows = await pool.run(
    (sql) => sql<{ column: string }[]>`
    SELECT attname || ' ' || atttypid::regtype AS column
    FROM pg_attribute
    WHERE attrelid = ${table}::text::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  return rows.map(({ column }) => column).toSorted();
}

/** The same of columns here; PostgreSQL knows the long name of each type. */
async function known(columns: readonly { name: string; type: string }[]): Promise<string[]> {
  const rows = await pool.run(
    (sql) => sql<{ column: string }[]>`
    SELECT name || ' ' || type::regtype AS column
    FROM unnest(
      ${columns.map(({ name }) => name)}::text[],
      ${columns.map(({ type }) => type)}::text[]
    ) AS known (name, type)`,
  );
  return rows.map(({ column }) => column).toSorted();
}

test('the columns of a job and its outbox are those that the migrations make, of their types', async () => {
  const outbox = outboxColumns.map((name) => ({ name, type: 'timestamptz' }));
  expect(await known([...jobColumns, ...outbox])).toEqual(await deployed('jobs'));
});

test('so are the columns of an update', async () => {
  expect(await known(updateColumns)).toEqual(await deployed('job_updates'));
});
