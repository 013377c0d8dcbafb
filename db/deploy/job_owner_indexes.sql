-- Deploy asya-gateway:job_owner_indexes to pg
-- requires: job_owner

-- Without a transaction, which CONCURRENTLY cannot be part of, so that gateways go on meanwhile. What
-- an interrupted run left behind is removed first. Jobs without an owner are in neither index, so a
-- gateway that asks nobody who they are does not pay for them.

DROP INDEX CONCURRENTLY IF EXISTS jobs_of_owner;

CREATE INDEX CONCURRENTLY jobs_of_owner ON jobs (owner, created_at DESC, id DESC)
    WHERE owner IS NOT NULL;

DROP INDEX CONCURRENTLY IF EXISTS jobs_in_flight;

CREATE INDEX CONCURRENTLY jobs_in_flight ON jobs (owner)
    WHERE finished_at IS NULL AND parent_id IS NULL AND owner IS NOT NULL;
