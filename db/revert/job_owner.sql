-- Revert asya-gateway:job_owner from pg

BEGIN;

ALTER TABLE jobs
    DROP COLUMN owner;

COMMIT;
