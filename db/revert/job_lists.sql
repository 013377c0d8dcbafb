-- Revert asya-gateway:job_lists from pg

DROP INDEX CONCURRENTLY jobs_ended;
