import type { Sql } from '../connection/connection.ts';

interface CountRow {
  readonly owner: string;
  readonly jobs: number;
}

/** Counts no further than each owner's limit, so that it takes no longer however many jobs there are. */
export function countUnfinished(
  sql: Sql,
  limits: ReadonlyMap<string, number>,
): Promise<CountRow[]> {
  return sql<CountRow[]>`
    SELECT asked.owner, found.jobs
    FROM unnest(${[...limits.keys()]}::text[], ${[...limits.values()]}::bigint[])
      AS asked (owner, most)
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS jobs
      FROM (
        SELECT
        FROM jobs
        WHERE jobs.owner = asked.owner AND finished_at IS NULL AND parent_id IS NULL
        LIMIT asked.most
      ) AS unfinished
    ) AS found`;
}
