-- Revert asya-gateway:jobs from pg

BEGIN;

DROP TABLE jobs;

COMMIT;
