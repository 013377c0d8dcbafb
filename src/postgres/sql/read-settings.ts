import type { Sql } from '../connection/connection.ts';

/** What settings have become in this session, by their names. */
export async function readSettings(
  sql: Sql,
  names: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql<{ name: string; setting: string }[]>`
    SELECT asked.name, setting
    FROM unnest(${names}::text[]) AS asked (name)
    JOIN pg_settings ON lower(pg_settings.name) = lower(asked.name)`;
  return new Map(rows.map(({ name, setting }) => [name, setting]));
}
