import type { ListQuery } from '../../jobs/ports/job-store.ts';
import type { Sql } from '../connection/connection.ts';
import { instant, readList } from '../columns.ts';
import { jobColumns } from '../job-columns.ts';
import type { JobRow } from '../rows.ts';

const columns = readList(jobColumns);

/** The same in every row: whether jobs follow the last of them. */
type ListedRow = JobRow & { readonly more: boolean };

/**
 * Newest first. The walk goes from job to job by the index, and measures each, until one does not fit
 * any more. Only then are the jobs before that one read, so a page of large results is neither sent
 * nor held at once.
 */
export function readJobList(sql: Sql, query: ListQuery): Promise<ListedRow[]> {
  const { status, tool, parentId, owner, createdAfter, before, limit, maxBytes } = query;
  const wanted = sql`
    true
      ${status === null ? sql`` : sql`AND status = ${status}`}
      ${tool === null ? sql`` : sql`AND tool = ${tool}`}
      ${owner === null ? sql`` : sql`AND owner = ${owner}`}
      ${parentId === null ? sql`` : sql`AND parent_id = ${parentId}`}
      ${createdAfter === null ? sql`` : sql`AND created_at > ${instant(createdAfter)}::timestamptz`}
      ${
        before === null
          ? sql``
          : sql`AND (created_at, id) < (${instant(before.createdAt)}::timestamptz, ${before.id})`
      }`;
  // A row as text is about as long as what is sent of it.
  return sql<ListedRow[]>`
    WITH RECURSIVE walk AS (
      (
        SELECT id AS at_id, created_at AS at_time, 1 AS n, octet_length(jobs::text)::bigint AS bytes
        FROM jobs
        WHERE ${wanted}
        ORDER BY created_at DESC, id DESC
        LIMIT 1
      )
      UNION ALL
      SELECT next.id, next.created_at, walk.n + 1, walk.bytes + next.bytes
      FROM walk
      CROSS JOIN LATERAL (
        SELECT id, created_at, octet_length(jobs::text) AS bytes
        FROM jobs
        WHERE ${wanted} AND (created_at, id) < (walk.at_time, walk.at_id)
        ORDER BY created_at DESC, id DESC
        LIMIT 1
      ) AS next
      WHERE walk.n <= ${limit} AND (walk.n = 1 OR walk.bytes <= ${maxBytes})
    ), page AS (
      SELECT at_id, n FROM walk WHERE n <= ${limit} AND (n = 1 OR bytes <= ${maxBytes})
    )
    SELECT ${sql.unsafe(columns)}, (SELECT max(n) FROM walk) > (SELECT max(n) FROM page) AS more
    FROM page
    JOIN jobs ON jobs.id = page.at_id
    ORDER BY page.n`;
}
