import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import type { ListQuery } from '../jobs/ports/job-store.ts';
import { Pool } from './pool.ts';
import { prepareDatabase } from './schema.ts';
import { readJobList } from './sql/list-jobs.ts';

/*
 * What a list costs is counted in pages of the tables and indexes that it looks at, which does not
 * depend on the machine.
 */

const history = 120_000;

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = new Pool({ url: database.url, maxConnections: 4 });
  await prepareDatabase(pool);
  // The rarest of each kind are the oldest, where a walk from the newest would come to them last.
  await pool.run(
    (sql) => sql`
      INSERT INTO jobs (
        id, tool, status, reason, route_steps, route_current, route_metadata, headers,
        progress_percent, steps_completed, timeout_seconds, heartbeat_timeout_seconds, seq,
        created_at, updated_at, finished_at, dispatched_at, dispatch_after
      )
      SELECT
        'job-' || n, tool, status,
        CASE status WHEN 'Failed' THEN 'ActorError' WHEN 'Cancelled' THEN 'CancelledByClient' END,
        '{a}', 0, '{}', '{}', CASE status WHEN 'Succeeded' THEN 100 ELSE 0 END, 0, 0, 0, 1,
        to_timestamp(n), to_timestamp(n), to_timestamp(n + 1), to_timestamp(n), to_timestamp(n)
      FROM (
        SELECT n, CASE WHEN n <= 5 THEN 'rare' ELSE 'common-' || n % 3 END AS tool,
          CASE n % 5 WHEN 0 THEN 'Failed' ELSE 'Succeeded' END AS status
        FROM generate_series(4, ${history}::int) AS n
        UNION ALL SELECT 1, 'rare', 'Cancelled'
        UNION ALL SELECT 2, 'common-1', 'Cancelled'
        UNION ALL SELECT 3, NULL, 'Succeeded'
      ) AS kinds`,
  );
  await pool.run(
    (sql) => sql`
      UPDATE jobs SET status = 'Running', finished_at = NULL, progress_percent = 0, reason = NULL
      WHERE id IN ('job-7', 'job-8')`,
  );
  await pool.run((sql) => sql.unsafe('VACUUM ANALYZE jobs'));
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

/** How many jobs a query finds, and how many pages it looks at. */
function cost(query: Partial<ListQuery>): Promise<{ found: number; pages: number }> {
  return pool.runLong(async (sql) => {
    const looked = async (): Promise<number> => {
      await sql`SELECT pg_stat_force_next_flush()`;
      const [row] = await sql<{ pages: number }[]>`
        SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit AS pages
        FROM pg_statio_user_tables
        WHERE relname = 'jobs'`;
      return Number(row?.pages);
    };
    const everything: ListQuery = {
      status: null,
      tool: null,
      parentId: null,
      owner: null,
      createdAfter: null,
      before: null,
      limit: 50,
      maxBytes: 1e9,
    };
    const before = await looked();
    const rows = await readJobList(sql, { ...everything, ...query });
    return { found: rows.length, pages: (await looked()) - before };
  });
}

const filters: [Partial<ListQuery>, number][] = [
  [{}, 50],
  [{ tool: 'rare' }, 3],
  [{ tool: 'common-1' }, 50],
  [{ tool: 'none' }, 0],
  [{ status: 'Failed' }, 50],
  [{ status: 'Cancelled' }, 2],
  [{ status: 'Running' }, 2],
  [{ status: 'InputRequired' }, 0],
  [{ tool: 'rare', status: 'Cancelled' }, 1],
  [{ tool: 'common-1', status: 'Cancelled' }, 1],
  [{ tool: 'common-1', status: 'Running' }, 1],
  [{ tool: 'rare', status: 'Running' }, 0],
  [{ tool: 'rare', before: { createdAt: 4_000, id: 'job-4' } }, 1],
  [{ status: 'Succeeded', before: { createdAt: 10_000, id: 'x' } }, 4],
];

test.for(filters)(
  'a list of %o looks at few pages, however long the history is',
  async ([query, found]) => {
    const first = await cost(query);
    expect(first.found).toBe(found);
    expect(first.pages).toBeGreaterThan(0);
    expect(first.pages).toBeLessThan(1_500);
  },
);
