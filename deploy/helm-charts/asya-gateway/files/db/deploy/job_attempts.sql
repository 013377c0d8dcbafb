-- Deploy asya-gateway:job_attempts to pg
-- requires: jobs

BEGIN;

ALTER TABLE jobs
    -- How the job is tried again before it fails; NULL: not at all.
    ADD COLUMN retry    JSONB,
    -- Counts the attempts from 1.
    ADD COLUMN attempt  INTEGER NOT NULL DEFAULT 1 CHECK (attempt > 0),
    -- When the present attempt begins, until it has begun.
    ADD COLUMN retry_at TIMESTAMPTZ,
    -- The job that this one repeats, if a person or a program asked for that.
    ADD COLUMN retry_of TEXT COLLATE "C";

COMMIT;
