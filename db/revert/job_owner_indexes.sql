-- Revert asya-gateway:job_owner_indexes from pg

BEGIN;

DROP INDEX jobs_in_flight;

DROP INDEX jobs_of_owner;

COMMIT;
