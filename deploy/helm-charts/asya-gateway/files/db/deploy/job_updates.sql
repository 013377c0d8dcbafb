-- Deploy asya-gateway:job_updates to pg
-- requires: jobs

BEGIN;

CREATE TABLE job_updates (
    job_id           TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq              INTEGER NOT NULL CHECK (seq > 0),
    status           TEXT NOT NULL
        CHECK (status IN ('Pending', 'Running', 'InputRequired', 'Succeeded', 'Failed', 'Cancelled')),
    reason           TEXT,
    message          TEXT,
    step             TEXT,
    step_status      TEXT
        CHECK (step_status IN ('received', 'processing', 'completed', 'error')),
    progress_percent DOUBLE PRECISION,
    result           JSONB,
    error            TEXT,
    timestamp        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (job_id, seq)
);

COMMIT;
