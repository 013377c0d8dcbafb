-- Revert asya-gateway:job_attempts from pg

BEGIN;

ALTER TABLE jobs
    DROP COLUMN retry,
    DROP COLUMN attempt,
    DROP COLUMN retry_at,
    DROP COLUMN retry_of;

COMMIT;
