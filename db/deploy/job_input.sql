-- Deploy asya-gateway:job_input to pg
-- requires: jobs

BEGIN;

ALTER TABLE jobs
    -- What a step asked for, and all it takes to run the step again with the answers.
    ADD COLUMN input                 JSONB,
    ADD COLUMN input_timeout_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
    -- The update that put the job into the outbox: each answer puts it there once more.
    ADD COLUMN outbox_seq            INTEGER NOT NULL DEFAULT 1;

COMMIT;
