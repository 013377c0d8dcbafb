import { readList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { jobColumns } from '../job-columns.ts';
import type { JobRow } from '../rows.ts';

const columns = readList(jobColumns);

/** In no particular order; unknown ids are left out. */
export function getJobs(sql: Sql, ids: readonly string[]): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${sql.unsafe(columns)}
    FROM jobs
    WHERE id = ANY(${ids}::text[])`;
}
