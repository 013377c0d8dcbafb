import type { Sql } from '../connection.ts';
import type { JobRow } from '../rows.ts';
import { jobColumns } from './columns.ts';

/** In no particular order; unknown ids are left out. */
export function getJobs(sql: Sql, ids: readonly string[]): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${jobColumns(sql)}
    FROM jobs
    WHERE id = ANY(${ids}::text[])`;
}
