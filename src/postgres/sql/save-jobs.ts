import type { JobState, JobUpdate } from '../../jobs/job.ts';
import { assignmentList, nameList, rowsAsJson, typeList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { changedColumns, keyColumn } from '../job-columns.ts';
import type { Write } from '../large-write.ts';
import { changeChannel, encodeChanges } from '../notifications.ts';
import { updateColumns } from '../update-columns.ts';

const written = [keyColumn, ...changedColumns];
const writtenTypes = typeList(written);
const assignments = assignmentList(changedColumns, 'job');
const updateNames = nameList(updateColumns);
const updateTypes = typeList(updateColumns);

/** Writes locked jobs and their new updates, and tells every process at the commit. */
export function saveJobs(states: readonly JobState[], updates: readonly JobUpdate[]): Write {
  const jobs = rowsAsJson(written, states);
  const log = rowsAsJson(updateColumns, updates);
  const send = (sql: Sql) => sql`
    WITH saved AS (
      UPDATE jobs SET
        ${sql.unsafe(assignments)},
        -- A job that comes into the outbox once more is due at once, or when its next attempt is.
        dispatch_after = CASE WHEN job.outbox_seq = jobs.outbox_seq
          THEN jobs.dispatch_after ELSE COALESCE(job.retry_at, job.updated_at) END,
        unroutable_since = CASE WHEN job.outbox_seq = jobs.outbox_seq
          THEN jobs.unroutable_since END
      FROM json_to_recordset(${jobs}::text::json)
        AS job (${sql.unsafe(writtenTypes)})
      WHERE jobs.id = job.id
    ),
    logged AS (
      INSERT INTO job_updates (${sql.unsafe(updateNames)})
      SELECT *
      FROM json_to_recordset(${log}::text::json)
        AS update (${sql.unsafe(updateTypes)})
    )
    SELECT pg_notify(${changeChannel}, payload)
    FROM unnest(${encodeChanges(updates)}::text[]) AS payload`;
  return { bytes: jobs.length + log.length, send };
}
