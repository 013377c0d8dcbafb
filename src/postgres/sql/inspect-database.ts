import type { Sql } from '../connection/connection.ts';

/** A table, wherever in the database it is. */
export interface FoundTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: string[];
  /** Does its bare name stand for it, by the search path that the session began with? */
  readonly visible: boolean;
}

export interface Inspection {
  /** Such as `UTF8`. */
  readonly encoding: string;
  /** Those of the settings asked for that this version of the server has. */
  readonly settings: readonly string[];
  readonly tables: readonly FoundTable[];
}

/**
 * Looks for tables by their names in every schema, and for settings. Names in it are complete: nothing
 * is known of the search path yet.
 */
export async function inspectDatabase(
  sql: Sql,
  tables: readonly string[],
  settings: readonly string[],
): Promise<Inspection> {
  const [server] = await sql<{ encoding: string; known: string[] }[]>`
    SELECT pg_catalog.current_setting('server_encoding') AS encoding,
      ARRAY(
        SELECT name FROM pg_catalog.pg_settings WHERE name = ANY (${settings}::pg_catalog.text[])
      ) AS known`;
  const found = await sql<FoundTable[]>`
    SELECT nspname::pg_catalog.text AS schema, relname::pg_catalog.text AS table,
      pg_catalog.pg_table_is_visible(pg_class.oid) AS visible,
      ARRAY(
        SELECT attname::pg_catalog.text
        FROM pg_catalog.pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      ) AS columns
    FROM pg_catalog.pg_class
    JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relname = ANY (${tables}::pg_catalog.text[]) AND relkind IN ('r', 'p')`;
  return { encoding: server?.encoding ?? '', settings: server?.known ?? [], tables: found };
}
