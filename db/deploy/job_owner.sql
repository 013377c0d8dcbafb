-- Deploy asya-gateway:job_owner to pg
-- requires: jobs

BEGIN;

ALTER TABLE jobs
    -- Whose the job is. NULL: it was made while nobody was asked who they are.
    ADD COLUMN owner TEXT COLLATE "C";

COMMIT;
