import type { SentJob } from '../../jobs/ports/job-store.ts';
import type { EpochMs } from '../../jobs/job.ts';
import type { Sql } from '../connection/connection.ts';
import { instant } from '../columns.ts';

/**
 * Takes jobs out of the outbox that have not come into it once more since. The rows are locked in the
 * order of their ids, as everywhere, so that two batches never wait for each other.
 */
export async function markDispatched(
  sql: Sql,
  sent: readonly SentJob[],
  now: EpochMs,
): Promise<void> {
  await sql`
    WITH locked AS (
      SELECT jobs.id
      FROM jobs
      JOIN unnest(
        ${sent.map(({ id }) => id)}::text[],
        ${sent.map(({ outboxSeq }) => String(outboxSeq))}::text[]::int[]
      ) AS sent (id, outbox_seq) USING (id, outbox_seq)
      WHERE dispatched_at IS NULL
      ORDER BY jobs.id
      FOR NO KEY UPDATE OF jobs
    )
    UPDATE jobs
    SET dispatched_at = ${instant(now)}::timestamptz
    FROM locked
    WHERE jobs.id = locked.id`;
}
