import type { EpochMs } from '../../jobs/job.ts';
import type { Sql } from '../connection/connection.ts';
import { instant } from '../columns.ts';

/** Deletes old finished jobs, their history with them; what another replica purges is passed over. */
export async function purgeJobs(sql: Sql, finishedBefore: EpochMs, limit: number): Promise<number> {
  const { count } = await sql`
    DELETE FROM jobs
    WHERE id IN (
      SELECT id
      FROM jobs
      WHERE finished_at < ${instant(finishedBefore)}::timestamptz
      ORDER BY finished_at
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    )`;
  return count;
}
