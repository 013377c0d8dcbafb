import type { JobUpdate } from '../../jobs/job.ts';
import type { HistoryQuery } from '../../jobs/ports/job-store.ts';
import { readList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { updateColumns } from '../update-columns.ts';

const columns = readList(updateColumns);

/** Rows carry the index of the query they answer; within one they stand in order. */
export function readHistory(
  sql: Sql,
  queries: readonly HistoryQuery[],
  limit: number,
): Promise<(JobUpdate & { query: number })[]> {
  return sql<(JobUpdate & { query: number })[]>`
    SELECT asked.query::int - 1 AS query, found.*
    FROM unnest(
      ${queries.map(({ jobId }) => jobId)}::text[],
      ${queries.map(({ after }) => after)}::bigint[]
    ) WITH ORDINALITY AS asked (job_id, after, query)
    CROSS JOIN LATERAL (
      SELECT ${sql.unsafe(columns)}
      FROM job_updates
      WHERE job_updates.job_id = asked.job_id AND seq > asked.after
      ORDER BY seq
      LIMIT ${limit}
    ) AS found
    ORDER BY asked.query, found.seq`;
}
