-- Verify asya-gateway:job_lists on pg

-- An index that is missing, or was not built to its end, divides by zero.
SELECT 1 / count(*) FROM pg_index WHERE indexrelid = to_regclass('jobs_ended') AND indisvalid;
