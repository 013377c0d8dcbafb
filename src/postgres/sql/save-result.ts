import type { JobState, JobUpdate } from '../../jobs/job.ts';
import { assignmentList, nameList, rowsAsJson, jsonText, typeList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { changedColumns, keyColumn } from '../job-columns.ts';
import type { Write } from '../large-write.ts';
import { changeChannel, encodeChanges } from '../notifications.ts';
import { updateColumns } from '../update-columns.ts';

const written = [keyColumn, ...changedColumns].filter(({ name }) => name !== 'result');
const writtenTypes = typeList(written);
const assignments = assignmentList(
  changedColumns.filter(({ name }) => name !== 'result'),
  'job',
);
const logged = updateColumns.filter(({ name }) => name !== 'result');
const loggedNames = nameList(logged);
const loggedTypes = typeList(logged);

/**
 * Writes one locked job with its result, and the update that tells of it. The result goes to PostgreSQL
 * once, and is parsed once, for both tables: of a large one this is most of the work.
 */
export function saveResult(state: JobState, update: JobUpdate): Write {
  const result = jsonText(state.result);
  const send = (sql: Sql) => sql`
    WITH given AS (SELECT ${result}::text::jsonb AS result),
    saved AS (
      UPDATE jobs SET ${sql.unsafe(assignments)}, result = given.result
      FROM given, json_to_recordset(${rowsAsJson(written, [state])}::text::json)
        AS job (${sql.unsafe(writtenTypes)})
      WHERE jobs.id = job.id
    ),
    logged AS (
      INSERT INTO job_updates (${sql.unsafe(loggedNames)}, result)
      SELECT update.*, given.result
      FROM given, json_to_recordset(${rowsAsJson(logged, [update])}::text::json)
        AS update (${sql.unsafe(loggedTypes)})
    )
    SELECT pg_notify(${changeChannel}, payload)
    FROM unnest(${encodeChanges([update])}::text[]) AS payload`;
  return { bytes: result.length, send };
}
