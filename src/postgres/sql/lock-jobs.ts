import type { PendingQuery } from 'postgres';
import type { Transaction } from '../connection.ts';
import type { StateRow } from '../rows.ts';
import { stateColumns } from './columns.ts';

/** Locks jobs in the order of their ids, so that two batches never wait for each other. */
export function lockJobs(sql: Transaction, ids: readonly string[]): PendingQuery<StateRow[]> {
  return sql<StateRow[]>`
    SELECT ${stateColumns(sql)}
    FROM jobs
    WHERE id = ANY(${ids}::text[])
    ORDER BY id
    FOR UPDATE`;
}
