-- Verify asya-gateway:job_owner_indexes on pg

SELECT 1 / count(*)
FROM pg_index
WHERE indexrelid = to_regclass('jobs_of_owner') AND indisvalid;

SELECT 1 / count(*)
FROM pg_index
WHERE indexrelid = to_regclass('jobs_in_flight') AND indisvalid;
