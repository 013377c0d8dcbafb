import type { PendingQuery } from 'postgres';
import { readList } from '../columns.ts';
import type { Sql } from '../connection/connection.ts';
import { stateColumns } from '../job-columns.ts';
import type { StateRow } from '../rows.ts';

const columns = readList(stateColumns);

/** Locks jobs in the order of their ids, so that two batches never wait for each other. */
export function lockJobs(sql: Sql, ids: readonly string[]): PendingQuery<StateRow[]> {
  return sql<StateRow[]>`
    SELECT ${sql.unsafe(columns)}
    FROM jobs
    WHERE id = ANY(${ids}::text[])
    ORDER BY id
    FOR UPDATE`;
}
