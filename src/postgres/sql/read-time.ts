import type { EpochMs } from '../../jobs/job.ts';
import { epochMs } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';

/** The server's wall clock, now. */
export async function readTime(sql: Sql): Promise<EpochMs> {
  const [row] = await sql<
    { now: EpochMs }[]
  >`SELECT ${sql.unsafe(epochMs('clock_timestamp()'))} AS now`;
  if (row === undefined) throw new Error('PostgreSQL gave no time');
  return row.now;
}
