import type { Purge } from '../../jobs/ports/job-store.ts';
import type { EpochMs } from '../../jobs/job.ts';
import { instant } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';

/** About how many bytes of stored values are as much work to delete as a row is. */
const bytesPerRow = 2_000;

/**
 * Deletes finished jobs with their history, the oldest first, as many as come to `maxRows` rows; what
 * another replica purges is passed over. Of a job whose history alone is longer, so many of the oldest
 * updates are deleted.
 */
export async function purgeJobs(
  sql: Sql,
  finishedBefore: EpochMs,
  limit: number,
  maxRows: number,
): Promise<Purge> {
  const [row] = await sql<{ found: number; removed: number }[]>`
    WITH old AS (
      SELECT id, seq, finished_at,
        coalesce(pg_column_size(payload), 0) + coalesce(pg_column_size(input), 0)
          + 2 * coalesce(pg_column_size(result), 0)
          + coalesce(pg_column_size(error_details), 0) AS bytes
      FROM jobs
      WHERE finished_at < ${instant(finishedBefore)}::timestamptz
      ORDER BY finished_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), counted AS (
      -- Updates have no gaps, so that two of their numbers tell how many there are.
      SELECT id, first_seq, old.seq - first_seq + 1 AS updates, finished_at, bytes
      FROM old
      CROSS JOIN LATERAL (
        SELECT coalesce(min(job_updates.seq), old.seq + 1) AS first_seq
        FROM job_updates
        WHERE job_id = old.id
      ) AS history
    ), weighed AS (
      SELECT id, first_seq, updates,
        row_number() OVER oldest_first = 1 AS is_first,
        sum(1 + updates + bytes / ${bytesPerRow}::int) OVER oldest_first AS total
      FROM counted
      WINDOW oldest_first AS (ORDER BY finished_at, id)
    ), chosen AS (
      SELECT id, first_seq, total <= ${maxRows} OR updates <= ${maxRows} AS whole
      FROM weighed
      WHERE total <= ${maxRows} OR is_first
    ), history AS (
      DELETE FROM job_updates
      USING chosen
      WHERE job_id = chosen.id AND (whole OR job_updates.seq < first_seq + ${maxRows}::int)
    ), removed AS (
      DELETE FROM jobs
      USING chosen
      WHERE jobs.id = chosen.id AND whole
      RETURNING jobs.id
    )
    SELECT (SELECT count(*)::int FROM old) AS found, (SELECT count(*)::int FROM removed) AS removed`;
  const { found = 0, removed = 0 } = row ?? {};
  return { removed, more: removed < found || found === limit };
}
