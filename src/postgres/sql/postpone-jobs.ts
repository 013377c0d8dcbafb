import type { Postponement } from '../../jobs/ports/job-store.ts';
import type { Sql } from '../connection/connection.ts';
import { instant } from '../columns.ts';

/** Sets when jobs of the outbox are tried again. */
export async function postponeJobs(
  sql: Sql,
  postponements: readonly Postponement[],
): Promise<void> {
  const rows = postponements.map(({ jobId, until, unroutableSince }) => ({
    id: jobId,
    dispatch_after: instant(until),
    unroutable_since: instant(unroutableSince),
  }));
  await sql`
    UPDATE jobs
    SET dispatch_after = postponed.dispatch_after, unroutable_since = postponed.unroutable_since
    FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS postponed (
      id text, dispatch_after timestamptz, unroutable_since timestamptz
    )
    WHERE jobs.id = postponed.id`;
}
