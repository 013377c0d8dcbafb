import { NotConnected } from './connection/servers.ts';
import { describeTarget } from './database-url.ts';
import { jobColumns, outboxColumns } from './job-columns.ts';
import type { Pool } from './pool.ts';
import { findColumns } from './sql/find-columns.ts';
import { updateColumns } from './update-columns.ts';

/** The database cannot be used as it is: waiting does not help. The message tells what does. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/** Every column that a statement of this gateway names. */
const required: Readonly<Record<string, readonly string[]>> = {
  jobs: [...jobColumns.map(({ name }) => name), ...outboxColumns],
  job_updates: updateColumns.map(({ name }) => name),
};

/**
 * Reads the catalogue and changes nothing: the schema is Sqitch's.
 *
 * @throws DatabaseUnusable
 */
export async function assertSchema(pool: Pool): Promise<void> {
  const tables = Object.keys(required);
  const present = await pool.run((sql) => findColumns(sql, tables)).catch(explainRefusal);
  const missing = Object.entries(required)
    .flatMap(([table, columns]) => columns.map((column) => `${table}.${column}`))
    .filter((column) => !present.has(column));
  if (missing.length === 0) return;
  const fault =
    present.size === 0
      ? 'The database is not deployed: it has no table "jobs".'
      : `The database is older than this gateway needs: it lacks ${missing.join(', ')}.`;
  const target = `db:pg:${describeTarget(pool.target)}`;
  throw new DatabaseUnusable(
    `${fault} Deploy it from the gateway's db directory:\n  sqitch deploy ${target}`,
  );
}

function explainRefusal(error: unknown): never {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof NotConnected && cause.isRefusal) {
    throw new DatabaseUnusable(`ASYA_DATABASE_URL: no connection to PostgreSQL: ${cause.message}`);
  }
  throw error;
}
