-- Verify asya-gateway:jobs on pg

BEGIN;

SELECT id, parent_id, tool, status, reason,
       route_steps, route_current, route_metadata, headers,
       payload, result, error, error_details, message,
       progress_percent, current_step, step_status, steps_completed,
       timeout_seconds, deadline, heartbeat_timeout_seconds, last_heartbeat_at, heartbeat_due_at,
       seq, created_at, updated_at, finished_at,
       dispatched_at, dispatch_after, unroutable_since
FROM jobs
WHERE false;

-- A missing index divides by zero.
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_outbox');
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_due');
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_newest');
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_children');
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_retention');

ROLLBACK;
