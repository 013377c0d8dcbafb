-- Verify asya-gateway:job_attempts on pg

BEGIN;

SELECT retry, attempt, retry_at, retry_of
FROM jobs
WHERE false;

ROLLBACK;
