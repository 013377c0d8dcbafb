-- Verify asya-gateway:job_owner_indexes on pg

BEGIN;

SELECT 1 / count(*) FROM pg_class WHERE oid = to_regclass('jobs_of_owner');

SELECT 1 / count(*) FROM pg_class WHERE oid = to_regclass('jobs_in_flight');

ROLLBACK;
