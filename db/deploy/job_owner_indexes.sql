-- Deploy asya-gateway:job_owner_indexes to pg
-- requires: job_owner

-- Jobs without an owner are in neither index, so a gateway that asks nobody who they are does not pay
-- for them, and on the day of the migration both are empty: building them reads the table once. Not
-- CONCURRENTLY, which waits for every other transaction, among them a second Sqitch that waits for
-- this one.

BEGIN;

CREATE INDEX jobs_of_owner ON jobs (owner, created_at DESC, id DESC)
    WHERE owner IS NOT NULL;

CREATE INDEX jobs_in_flight ON jobs (owner)
    WHERE finished_at IS NULL AND parent_id IS NULL AND owner IS NOT NULL;

COMMIT;
