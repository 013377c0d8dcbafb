import type { EpochMs } from '../../jobs/job.ts';
import type { Sql } from '../connection.ts';
import { instant } from '../rows.ts';

/**
 * Takes jobs out of the outbox. The rows are locked in the order of their ids, as everywhere, so
 * that two batches never wait for each other.
 */
export async function markDispatched(
  sql: Sql,
  ids: readonly string[],
  now: EpochMs,
): Promise<void> {
  await sql`
    WITH locked AS (
      SELECT id
      FROM jobs
      WHERE id = ANY(${ids}::text[]) AND dispatched_at IS NULL
      ORDER BY id
      FOR NO KEY UPDATE
    )
    UPDATE jobs
    SET dispatched_at = ${instant(now)}::timestamptz
    FROM locked
    WHERE jobs.id = locked.id`;
}
