-- Verify asya-gateway:job_updates on pg

BEGIN;

SELECT job_id, seq, status, reason, message, step, step_status,
       progress_percent, result, error, timestamp
FROM job_updates
WHERE false;

-- A foreign key that does not cascade divides by zero.
SELECT 1 / count(*)
FROM pg_constraint
WHERE conrelid = 'job_updates'::regclass AND contype = 'f' AND confdeltype = 'c';

ROLLBACK;
