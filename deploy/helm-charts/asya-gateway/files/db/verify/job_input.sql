-- Verify asya-gateway:job_input on pg

BEGIN;

SELECT input, input_timeout_seconds, outbox_seq
FROM jobs
WHERE false;

ROLLBACK;
