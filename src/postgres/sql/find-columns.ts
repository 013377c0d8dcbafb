import type { Sql } from '../connection/connection.ts';

/** The columns of tables on the search path, as `table.column`. */
export async function findColumns(sql: Sql, tables: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ name: string }[]>`
    SELECT asked.name || '.' || attname AS name
    FROM unnest(${tables}::text[]) AS asked (name)
    JOIN pg_attribute ON attrelid = to_regclass(asked.name)
    WHERE attnum > 0 AND NOT attisdropped`;
  return new Set(rows.map(({ name }) => name));
}
