-- Revert asya-gateway:job_updates from pg

BEGIN;

DROP TABLE job_updates;

COMMIT;
