import type { OutboxBacklog } from '../../jobs/ports/job-store.ts';
import { epochMs } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';

/**
 * Reads the rows of the outbox's index. Counting and finding the oldest in one statement keeps the
 * planner from looking for the latter along all jobs in the order of their creation.
 */
export async function measureOutbox(sql: Sql): Promise<OutboxBacklog> {
  const [row] = await sql<[OutboxBacklog]>`
    SELECT count(*)::int AS jobs, ${sql.unsafe(epochMs('min(updated_at)'))} AS oldest_since
    FROM jobs
    WHERE dispatched_at IS NULL AND finished_at IS NULL`;
  return row;
}
