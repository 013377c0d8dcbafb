import type { EpochMs, Job } from '../../jobs/job.ts';
import { instant, nameList, rowsAsJson, typeList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import type { Write } from '../large-write.ts';
import { jobColumns } from '../job-columns.ts';
import { firstUpdateList, updateColumns } from '../update-columns.ts';

const columns = nameList(jobColumns);
const typed = typeList(jobColumns);
const ofUpdate = nameList(updateColumns);

/**
 * Inserts jobs, whose ids differ, and the first update of each, as `firstUpdate` has it; gives the ids
 * of those that were not there yet.
 */
export function createJobs(jobs: readonly Job[], leasedUntil: EpochMs): Write<{ jobId: string }[]> {
  const json = rowsAsJson(jobColumns, jobs);
  const send = (sql: Sql) => sql<{ jobId: string }[]>`
    WITH created AS (
      INSERT INTO jobs (${sql.unsafe(columns)}, dispatch_after)
      SELECT ${sql.unsafe(columns)}, ${instant(leasedUntil)}::timestamptz
      FROM json_to_recordset(${json}::text::json)
        AS job (${sql.unsafe(typed)})
      ON CONFLICT (id) DO NOTHING
      RETURNING *
    )
    INSERT INTO job_updates (${sql.unsafe(ofUpdate)})
    SELECT ${sql.unsafe(firstUpdateList)}
    FROM created
    RETURNING job_id`;
  return { bytes: json.length, send };
}
