-- Deploy asya-gateway:jobs to pg

BEGIN;

CREATE TABLE jobs (
    -- Compared byte by byte, so that the order of ids is the same everywhere.
    id                        TEXT COLLATE "C" PRIMARY KEY,
    parent_id                 TEXT COLLATE "C",
    tool                      TEXT,
    status                    TEXT NOT NULL
        CHECK (status IN ('Pending', 'Running', 'InputRequired', 'Succeeded', 'Failed', 'Cancelled')),
    reason                    TEXT,
    route_steps               TEXT[] NOT NULL,
    route_current             INTEGER NOT NULL,
    route_metadata            JSONB NOT NULL,
    headers                   JSONB NOT NULL,
    payload                   JSONB,
    result                    JSONB,
    error                     TEXT,
    error_details             JSONB,
    message                   TEXT,
    progress_percent          DOUBLE PRECISION NOT NULL
        CHECK (progress_percent BETWEEN 0 AND 100 AND (progress_percent = 100) = (status = 'Succeeded')),
    current_step              TEXT,
    step_status               TEXT
        CHECK (step_status IN ('received', 'processing', 'completed', 'error')),
    steps_completed           INTEGER NOT NULL,
    timeout_seconds           DOUBLE PRECISION NOT NULL,
    deadline                  TIMESTAMPTZ,
    heartbeat_timeout_seconds DOUBLE PRECISION NOT NULL,
    last_heartbeat_at         TIMESTAMPTZ,
    heartbeat_due_at          TIMESTAMPTZ,
    -- The newest update's number; the job's row lock gives numbers out.
    seq                       INTEGER NOT NULL CHECK (seq > 0),
    created_at                TIMESTAMPTZ NOT NULL,
    updated_at                TIMESTAMPTZ NOT NULL,
    finished_at               TIMESTAMPTZ
        CHECK ((finished_at IS NOT NULL) = (status IN ('Succeeded', 'Failed', 'Cancelled'))),
    -- The outbox: an unfinished job with dispatched_at NULL still has to be published.
    dispatched_at             TIMESTAMPTZ,
    -- Not before this instant: another dispatcher has it, or it was tried in vain.
    dispatch_after            TIMESTAMPTZ NOT NULL,
    unroutable_since          TIMESTAMPTZ
);

CREATE INDEX jobs_outbox ON jobs (dispatch_after)
    WHERE dispatched_at IS NULL AND finished_at IS NULL;

CREATE INDEX jobs_due ON jobs (LEAST(deadline, heartbeat_due_at))
    WHERE finished_at IS NULL;

CREATE INDEX jobs_newest ON jobs (created_at DESC, id DESC);

CREATE INDEX jobs_children ON jobs (parent_id, created_at DESC, id DESC)
    WHERE parent_id IS NOT NULL;

CREATE INDEX jobs_retention ON jobs (finished_at)
    WHERE finished_at IS NOT NULL;

COMMIT;
