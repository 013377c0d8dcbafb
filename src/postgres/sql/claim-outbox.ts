import type { EpochMs } from '../../jobs/job.ts';
import { epochMs, instant, readList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { jobColumns } from '../job-columns.ts';
import type { JobRow } from '../rows.ts';

/** A job of the outbox; `unroutableSince` is null while no publish of it was returned. */
type OutboxRow = JobRow & { readonly unroutableSince: EpochMs | null };

const columns = `${readList(jobColumns)}, ${epochMs('unroutable_since')} AS unroutable_since`;

/** Leases what is due in the outbox; what another dispatcher claims at this moment is passed over. */
export function claimOutbox(
  sql: Sql,
  now: EpochMs,
  leasedUntil: EpochMs,
  limit: number,
): Promise<OutboxRow[]> {
  return sql<OutboxRow[]>`
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
    RETURNING ${sql.unsafe(columns)}`;
}
