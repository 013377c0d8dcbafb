import type { PendingQuery, Row } from 'postgres';
import type { JobState, JobUpdate } from '../../jobs/job.ts';
import type { Transaction } from '../connection.ts';
import { changeChannel, encodeChanges } from '../notifications.ts';
import { statesAsJson, updatesAsJson } from '../rows.ts';

/** Writes locked jobs and their new updates, and tells every process at the commit. */
export function saveJobs(
  sql: Transaction,
  states: readonly JobState[],
  updates: readonly JobUpdate[],
): PendingQuery<Row[]> {
  return sql`
    WITH saved AS (
      UPDATE jobs SET
        status = job.status,
        reason = job.reason,
        route_steps = job.route_steps,
        route_current = job.route_current,
        result = job.result,
        error = job.error,
        error_details = job.error_details,
        message = job.message,
        progress_percent = job.progress_percent,
        current_step = job.current_step,
        step_status = job.step_status,
        steps_completed = job.steps_completed,
        last_heartbeat_at = job.last_heartbeat_at,
        heartbeat_due_at = job.heartbeat_due_at,
        seq = job.seq,
        updated_at = job.updated_at,
        finished_at = job.finished_at,
        deadline = job.deadline,
        input = job.input,
        dispatched_at = job.dispatched_at,
        outbox_seq = job.outbox_seq,
        -- Come into the outbox once more, it is due at once.
        dispatch_after = CASE WHEN job.outbox_seq = jobs.outbox_seq
          THEN jobs.dispatch_after ELSE job.updated_at END,
        unroutable_since = CASE WHEN job.outbox_seq = jobs.outbox_seq
          THEN jobs.unroutable_since END
      FROM json_to_recordset(${statesAsJson(states)}::text::json) AS job (
        id text, status text, reason text, route_steps text[], route_current int, result jsonb,
        error text, error_details jsonb, message text, progress_percent float8, current_step text,
        step_status text, steps_completed int, last_heartbeat_at timestamptz,
        heartbeat_due_at timestamptz, seq int, updated_at timestamptz, finished_at timestamptz,
        deadline timestamptz, input jsonb, dispatched_at timestamptz, outbox_seq int
      )
      WHERE jobs.id = job.id
    ),
    logged AS (
      INSERT INTO job_updates (
        job_id, seq, status, reason, message, step, step_status, progress_percent, result, error,
        timestamp
      )
      SELECT *
      FROM json_to_recordset(${updatesAsJson(updates)}::text::json) AS update (
        job_id text, seq int, status text, reason text, message text, step text, step_status text,
        progress_percent float8, result jsonb, error text, timestamp timestamptz
      )
    )
    SELECT pg_notify(${changeChannel}, payload)
    FROM unnest(${encodeChanges(updates)}::text[]) AS payload`;
}
