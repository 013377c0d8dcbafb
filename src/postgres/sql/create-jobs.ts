import type { EpochMs, Job } from '../../jobs/job.ts';
import type { Sql } from '../connection.ts';
import { instant, jobsAsJson } from '../rows.ts';

/**
 * Inserts jobs, whose ids differ, and the first update of each, as `firstUpdate` has it; returns the
 * ids of those that were not there yet.
 */
export async function createJobs(
  sql: Sql,
  jobs: readonly Job[],
  leasedUntil: EpochMs,
): Promise<Set<string>> {
  const rows = await sql<{ jobId: string }[]>`
    WITH created AS (
      INSERT INTO jobs (
        id, parent_id, tool, status, reason, route_steps, route_current, route_metadata, headers,
        payload, result, error, error_details, message, progress_percent, current_step, step_status,
        steps_completed, timeout_seconds, deadline, heartbeat_timeout_seconds, last_heartbeat_at,
        heartbeat_due_at, seq, created_at, updated_at, finished_at, input, input_timeout_seconds,
        dispatched_at, outbox_seq, dispatch_after
      )
      SELECT
        id, parent_id, tool, status, reason, route_steps, route_current, route_metadata, headers,
        payload, result, error, error_details, message, progress_percent, current_step, step_status,
        steps_completed, timeout_seconds, deadline, heartbeat_timeout_seconds, last_heartbeat_at,
        heartbeat_due_at, seq, created_at, updated_at, finished_at, input, input_timeout_seconds,
        dispatched_at, outbox_seq, ${instant(leasedUntil)}::timestamptz
      FROM json_to_recordset(${jobsAsJson(jobs)}::text::json) AS job (
        id text, parent_id text, tool text, status text, reason text, route_steps text[],
        route_current int, route_metadata jsonb, headers jsonb, payload jsonb, result jsonb,
        error text, error_details jsonb, message text, progress_percent float8, current_step text,
        step_status text, steps_completed int, timeout_seconds float8, deadline timestamptz,
        heartbeat_timeout_seconds float8, last_heartbeat_at timestamptz,
        heartbeat_due_at timestamptz, seq int, created_at timestamptz, updated_at timestamptz,
        finished_at timestamptz, input jsonb, input_timeout_seconds float8,
        dispatched_at timestamptz, outbox_seq int
      )
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    )
    INSERT INTO job_updates (
      job_id, seq, status, reason, message, step, step_status, progress_percent, result, error,
      timestamp
    )
    SELECT
      id, seq, status, reason, message, current_step, step_status, progress_percent, result, error,
      updated_at
    FROM created
    RETURNING job_id`;
  return new Set(rows.map(({ jobId }) => jobId));
}
