import {
  newerSettings,
  sessionSettings,
  type SessionSettings,
} from './connection/session-settings.ts';
import { NotConnected } from './connection/servers.ts';
import { DatabaseUnusable } from './database-unusable.ts';
import type { DatabaseTarget } from './database-url.ts';
import { otherGenerationOf, tablesOfOthers } from './other-generations.ts';
import { jobColumns, outboxColumns } from './job-columns.ts';
import type { Pool } from './pool.ts';
import { inspectDatabase, type FoundTable } from './sql/inspect-database.ts';
import { readSettings } from './sql/read-settings.ts';
import { sqitchDeploy } from './sqitch-target.ts';
import { updateColumns } from './update-columns.ts';

/** Every column that a statement of this gateway names. */
const required: Readonly<Record<string, readonly string[]>> = {
  jobs: [...jobColumns.map(({ name }) => name), ...outboxColumns],
  job_updates: updateColumns.map(({ name }) => name),
};

/**
 * Looks whether the database can be used, and has the sessions of the pool fit it: whatever the
 * database or the role set for their sessions. It changes nothing: the schema is Sqitch's.
 *
 * @throws DatabaseUnusable
 */
export async function prepareDatabase(pool: Pool): Promise<void> {
  const tables = [...Object.keys(required), ...tablesOfOthers];
  const inspection = await pool
    .run((sql) => inspectDatabase(sql, tables, Object.keys(newerSettings)))
    .catch(explainRefusal);
  if (inspection.encoding !== 'UTF8') {
    throw new DatabaseUnusable(
      `The database is encoded in ${inspection.encoding}, which cannot hold all that jobs hold. Create one with ENCODING 'UTF8' and TEMPLATE template0, and name it in ASYA_DATABASE_URL.`,
    );
  }
  const schema = schemaOf(inspection.tables, pool.target);
  const newer = Object.entries(newerSettings).filter(([name]) =>
    inspection.settings.includes(name),
  );
  const settings = {
    ...sessionSettings,
    ...Object.fromEntries(newer),
    search_path: identifier(schema),
  };
  pool.useSettings(settings);
  await assertSettings(pool, settings);
}

/** The schema in which the tables are: what the search path names first, else the only one. */
function schemaOf(found: readonly FoundTable[], target: DatabaseTarget): string {
  const schemas = [...new Set(found.map(({ schema }) => schema))];
  const complete = schemas.filter((schema) => missingIn(schema, found).length === 0);
  const visible = complete.find((schema) =>
    found.some((table) => table.schema === schema && table.table === 'jobs' && table.visible),
  );
  const chosen = visible ?? (complete.length === 1 ? complete[0] : undefined);
  if (chosen !== undefined) return chosen;
  if (complete.length > 1) {
    throw new DatabaseUnusable(
      `The tables of the gateway are in several schemas: ${complete.join(', ')}. Name the one to use in ASYA_DATABASE_URL: options=-c%20search_path%3D${complete[0]}`,
    );
  }
  throw new DatabaseUnusable(undeployed(found, target));
}

function undeployed(found: readonly FoundTable[], target: DatabaseTarget): string {
  const other = otherGenerationOf(found, target);
  if (other !== null) return other;
  const [jobs] = found
    .filter(({ table }) => table === 'jobs')
    .toSorted((a, b) => Number(b.visible) - Number(a.visible));
  const fault =
    jobs === undefined
      ? 'The database is not deployed: it has no table "jobs".'
      : `The database is older than this gateway needs: it lacks ${missingIn(jobs.schema, found).join(', ')}.`;
  return `${fault} Deploy it from the gateway's db directory:\n  ${sqitchDeploy(target)}`;
}

/** As PostgreSQL shows it: in quotation marks only where it has to be. */
function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The columns that a schema lacks, as `table.column`. */
function missingIn(schema: string, found: readonly FoundTable[]): string[] {
  return Object.entries(required).flatMap(([table, columns]) => {
    const present = found.find((one) => one.schema === schema && one.table === table)?.columns;
    return columns
      .filter((column) => present?.includes(column) !== true)
      .map((c) => `${table}.${c}`);
  });
}

/** A pooler between the gateway and the server may drop what a session asks for. */
async function assertSettings(pool: Pool, wanted: SessionSettings): Promise<void> {
  const actual = await pool.run((sql) => readSettings(sql, Object.keys(wanted)));
  const dropped = Object.entries(wanted).filter(([name, value]) => actual.get(name) !== value);
  if (dropped.length === 0) return;
  const faults = dropped.map(([name]) => `${name} is ${actual.get(name) ?? 'unknown'}`);
  const role = pool.target.user ?? 'gateway';
  const remedy = dropped.map(
    ([name, value]) =>
      `  ALTER ROLE "${role}" SET ${name} = ${name === 'search_path' ? value : `'${value}'`};`,
  );
  throw new DatabaseUnusable(
    `PostgreSQL does not take the settings of the gateway's sessions: ${faults.join(', ')}. A pooler in between drops them: connect past it, or have the role set them:\n${remedy.join('\n')}`,
  );
}

function explainRefusal(error: unknown): never {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof NotConnected && cause.isRefusal) {
    const wayOut = cause.message.includes('startup parameter')
      ? '. A pooler in between has to accept it (PgBouncer: ignore_startup_parameters = options), or connect past it'
      : '';
    throw new DatabaseUnusable(
      `ASYA_DATABASE_URL: no connection to PostgreSQL: ${cause.message}${wayOut}`,
    );
  }
  throw error;
}
