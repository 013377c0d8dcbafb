import type { PendingQuery, Row } from 'postgres';
import type { ListQuery } from '../../jobs/ports/job-store.ts';
import { isFinal } from '../../jobs/job.ts';
import { instant, readList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { jobColumns } from '../job-columns.ts';
import type { JobRow } from '../rows.ts';

/** A part of a statement. */
type Fragment = PendingQuery<Row[]>;

const columns = readList(jobColumns);

/** The same in every row: whether jobs follow the last of them. */
type ListedRow = JobRow & { readonly more: boolean };

/**
 * Newest first. The jobs are found first, by indexes that suit the filters. The walk then measures one
 * after the other until one does not fit any more, and only those before it are read, so a page of
 * large results is neither sent nor held at once.
 */
export function readJobList(sql: Sql, query: ListQuery): Promise<ListedRow[]> {
  const { status, tool, parentId, owner, limit, maxBytes } = query;
  // Few jobs have one parent or one owner, and any job is wanted if nothing is asked of it.
  const byTime = parentId !== null || owner !== null || (status === null && tool === null);
  // A row as text is about as long as what is sent of it.
  return sql<ListedRow[]>`
    WITH RECURSIVE ${byTime ? newest(sql, query) : ofKind(sql, query)},
    found AS MATERIALIZED (
      SELECT id AS found_id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS n
      FROM (SELECT * FROM matching ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}) AS first
    ), walk AS (
      SELECT n, octet_length(jobs::text)::bigint AS bytes
      FROM found
      JOIN jobs ON jobs.id = found_id
      WHERE n = 1
      UNION ALL
      SELECT found.n, walk.bytes + octet_length(jobs::text)
      FROM walk
      JOIN found ON found.n = walk.n + 1
      JOIN jobs ON jobs.id = found_id
      WHERE walk.n = 1 OR walk.bytes <= ${maxBytes}
    ), page AS (
      SELECT n FROM walk WHERE n <= ${limit} AND (n = 1 OR bytes <= ${maxBytes})
    )
    SELECT ${sql.unsafe(columns)}, (SELECT max(n) FROM walk) > (SELECT max(n) FROM page) AS more
    FROM page
    JOIN found USING (n)
    JOIN jobs ON jobs.id = found_id
    ORDER BY n`;
}

/** Walks along the index of all jobs, or of one parent's or one owner's, until there are enough. */
function newest(sql: Sql, query: ListQuery): Fragment {
  return sql`
    matching AS (
      SELECT id, created_at
      FROM jobs
      WHERE ${wanted(sql, query)}
      ORDER BY created_at DESC, id DESC
      LIMIT ${query.limit + 1}
    )`;
}

/**
 * Finds jobs by status and tool at a cost that does not grow with the history. Of finished jobs the
 * newest of each kind (one tool, one outcome) are looked at; the kinds there are, are found by going
 * from one to the next along their index. Jobs under way are all looked at, by an index of their own:
 * the one in the order of time would be walked along past every finished job.
 */
function ofKind(sql: Sql, query: ListQuery): Fragment {
  const { status, tool, limit } = query;
  const mayBeOpen = status === null || !isFinal(status);
  const mayBeEnded = status === null || isFinal(status);
  const ofTool = tool === null ? sql`` : sql`AND COALESCE(tool, '') = ${tool}`;
  const kind = sql`COALESCE(tool, ''), COALESCE(reason, '')`;
  // Either is a place in the index; both together would be looked for along it.
  const isNext =
    tool === null
      ? sql`AND (${kind}) > (of_tool, of_reason)`
      : sql`${ofTool} AND COALESCE(reason, '') > of_reason`;
  const ended = sql`
    kinds AS (
      (
        SELECT COALESCE(tool, '') AS of_tool, COALESCE(reason, '') AS of_reason, status AS of_status
        FROM jobs
        WHERE finished_at IS NOT NULL ${ofTool}
        ORDER BY ${kind}
        LIMIT 1
      )
      UNION ALL
      SELECT next.*
      FROM kinds
      CROSS JOIN LATERAL (
        SELECT COALESCE(tool, ''), COALESCE(reason, ''), status
        FROM jobs
        WHERE finished_at IS NOT NULL ${isNext}
        ORDER BY ${kind}
        LIMIT 1
      ) AS next
    ), ended AS (
      SELECT newest.*
      FROM kinds
      CROSS JOIN LATERAL (
        SELECT id, created_at
        FROM jobs
        WHERE finished_at IS NOT NULL AND COALESCE(tool, '') = of_tool
          AND COALESCE(reason, '') = of_reason AND ${wanted(sql, query)}
        ORDER BY created_at DESC, id DESC
        LIMIT ${limit + 1}
      ) AS newest
      ${status === null ? sql`` : sql`WHERE of_status = ${status}`}
    )`;
  const open = sql`
    open AS MATERIALIZED (
      SELECT id, created_at FROM jobs WHERE finished_at IS NULL AND ${wanted(sql, query)}
    )`;
  if (!mayBeEnded) return sql`${open}, matching AS (SELECT * FROM open)`;
  if (!mayBeOpen) return sql`${ended}, matching AS (SELECT * FROM ended)`;
  return sql`
    ${ended}, ${open}, matching AS (SELECT * FROM ended UNION ALL SELECT * FROM open)`;
}

function wanted(sql: Sql, query: ListQuery): Fragment {
  const { status, tool, parentId, owner, createdAfter, before } = query;
  return sql`
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
}
