import type { EpochMs } from '../../jobs/job.ts';
import type { Sql } from '../connection.ts';
import { instant, type JobRow } from '../rows.ts';
import { jobColumns } from './columns.ts';

/** Leases what is due in the outbox; what another dispatcher claims at this moment is passed over. */
export function claimOutbox(
  sql: Sql,
  now: EpochMs,
  leasedUntil: EpochMs,
  limit: number,
): Promise<(JobRow & { unroutableSince: EpochMs | null })[]> {
  return sql<(JobRow & { unroutableSince: EpochMs | null })[]>`
    UPDATE jobs
    SET dispatch_after = ${instant(leasedUntil)}::timestamptz
    WHERE id IN (
      SELECT id
      FROM jobs
      WHERE dispatched_at IS NULL AND finished_at IS NULL
        AND dispatch_after <= ${instant(now)}::timestamptz
      ORDER BY dispatch_after
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    )
    RETURNING ${jobColumns(sql)}, unroutable_since`;
}
