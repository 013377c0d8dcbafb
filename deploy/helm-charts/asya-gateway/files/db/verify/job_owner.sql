-- Verify asya-gateway:job_owner on pg

BEGIN;

SELECT owner
FROM jobs
WHERE false;

ROLLBACK;
