import type { Database } from './database.ts';

/** Updates of each finished job. */
export const updatesOfAJob = 10;

const chunk = 100_000;

/** Fills the tables with jobs that finished in the last days, at an even rate. */
export async function addHistory(
  { sql }: Database,
  jobs: number,
  say: (line: string) => void,
): Promise<void> {
  for (let from = 0; from < jobs; from += chunk) {
    const to = Math.min(from + chunk, jobs);
    await sql.begin(async (tx) => {
      // Foreign keys hold by themselves here, and checking them takes as long as all the rest.
      await tx`SELECT set_config('session_replication_role', 'replica', true)
        FROM pg_roles WHERE rolname = current_user AND rolsuper`;
      await tx`
        INSERT INTO jobs (
          id, tool, status, route_steps, route_current, route_metadata, headers, payload, result,
          message, progress_percent, current_step, step_status, steps_completed, timeout_seconds,
          deadline, heartbeat_timeout_seconds, last_heartbeat_at, seq, created_at, updated_at,
          finished_at, dispatched_at, dispatch_after
        )
        SELECT
          'history-' || lpad(n::text, 12, '0'), 'echo', 'Succeeded', '{step}', 0, '{}', '{}',
          '{"text": "hello"}', '"hello"', 'Job succeeded', 100, 'step', 'completed', 1, 3600,
          at + interval '1 hour', 0, at, ${updatesOfAJob}, at, at, at, at, at
        FROM generate_series(${from}::int, ${to - 1}::int) AS n,
          LATERAL (SELECT now() - interval '6 days' * (1 - n / ${jobs}::float8) AS at) AS time`;
      await tx`
        INSERT INTO job_updates (
          job_id, seq, status, message, step, step_status, progress_percent, timestamp
        )
        SELECT
          'history-' || lpad(n::text, 12, '0'), seq, 'Running', 'report ' || seq, 'step',
          'processing', 50, now() - interval '6 days' * (1 - n / ${jobs}::float8)
        FROM generate_series(${from}::int, ${to - 1}::int) AS n,
          generate_series(1, ${updatesOfAJob}::int) AS seq`;
    });
    if (to % (10 * chunk) === 0 || to === jobs) say(`${to} finished jobs are stored`);
  }
  // As the server does by itself, only not now.
  await sql`VACUUM (ANALYZE) jobs, job_updates`;
  await sql`CHECKPOINT`.catch(() => {});
}
