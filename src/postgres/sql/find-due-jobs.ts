import type { EpochMs } from '../../jobs/job.ts';
import type { Sql } from '../connection/connection.ts';
import { instant } from '../columns.ts';

/** Ids of unfinished jobs whose deadline or heartbeat is due, longest overdue first; the first part is the index's. */
export async function findDueJobs(
  sql: Sql,
  now: EpochMs,
  heardSince: EpochMs,
  limit: number,
): Promise<string[]> {
  const heard = instant(heardSince);
  const rows = await sql<{ id: string }[]>`
    SELECT id
    FROM jobs
    WHERE finished_at IS NULL AND LEAST(deadline, heartbeat_due_at) <= ${instant(now)}::timestamptz
      AND (
        deadline <= ${instant(now)}::timestamptz
        OR ${heard}::timestamptz + make_interval(secs => heartbeat_timeout_seconds)
          <= ${instant(now)}::timestamptz
      )
    ORDER BY LEAST(deadline, heartbeat_due_at)
    LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}
