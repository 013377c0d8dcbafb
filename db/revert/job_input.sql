-- Revert asya-gateway:job_input from pg

BEGIN;

ALTER TABLE jobs
    DROP COLUMN input,
    DROP COLUMN input_timeout_seconds,
    DROP COLUMN outbox_seq;

COMMIT;
