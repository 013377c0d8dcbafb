import type { ListQuery } from '../../jobs/job-store.ts';
import type { Sql } from '../connection.ts';
import { instant, readList } from '../columns.ts';
import { jobColumns } from '../job-columns.ts';
import type { JobRow } from '../rows.ts';

const columns = readList(jobColumns);

/** Newest first. */
export function listJobs(sql: Sql, query: ListQuery): Promise<JobRow[]> {
  const { status, tool, parentId, createdAfter, before, limit } = query;
  return sql<JobRow[]>`
    SELECT ${sql.unsafe(columns)}
    FROM jobs
    WHERE true
      ${status === null ? sql`` : sql`AND status = ${status}`}
      ${tool === null ? sql`` : sql`AND tool = ${tool}`}
      ${parentId === null ? sql`` : sql`AND parent_id = ${parentId}`}
      ${createdAfter === null ? sql`` : sql`AND created_at > ${instant(createdAfter)}::timestamptz`}
      ${
        before === null
          ? sql``
          : sql`AND (created_at, id) < (${instant(before.createdAt)}::timestamptz, ${before.id})`
      }
    ORDER BY created_at DESC, id DESC
    LIMIT ${limit}`;
}
