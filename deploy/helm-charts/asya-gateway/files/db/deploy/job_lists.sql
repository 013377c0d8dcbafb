-- Deploy asya-gateway:job_lists to pg
-- requires: jobs

-- Without a transaction, because jobs go on while the index is built. What an attempt that failed left
-- behind is no index that can be used.
DROP INDEX CONCURRENTLY IF EXISTS jobs_ended;

-- Finished jobs by tool and outcome, newest first. The reason stands for the status: neither changes
-- once a job has ended, and a status in an index would make each change of it dearer.
CREATE INDEX CONCURRENTLY jobs_ended
    ON jobs (COALESCE(tool, ''), COALESCE(reason, ''), created_at DESC, id DESC)
    WHERE finished_at IS NOT NULL;
