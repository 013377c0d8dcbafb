-- Revert asya-gateway:job_owner_indexes from pg

DROP INDEX CONCURRENTLY IF EXISTS jobs_in_flight;

DROP INDEX CONCURRENTLY IF EXISTS jobs_of_owner;
