import type { PendingQuery, Row } from 'postgres';
import type { Sql } from './connection/connection.ts';

/** What is made of the rows that were read. */
export interface Decided<T> {
  /** Null: there is nothing to write. */
  readonly write: ((sql: Sql) => PendingQuery<Row[]>) | null;
  readonly result: T;
}

/**
 * Reads and locks rows, decides, and writes, in one transaction of two round trips: BEGIN goes along
 * with the reading, and COMMIT with the writing. If it rejects, the connection is in any state.
 */
export async function inTransaction<Rows extends Row[], T>(
  connection: Sql,
  read: (sql: Sql) => PendingQuery<Rows>,
  decide: (rows: Rows) => Decided<T>,
): Promise<T> {
  const begun = connection`BEGIN`.execute();
  const [rows] = await Promise.all([read(connection).execute(), begun]);
  const { write, result } = decide(rows);
  const written = write?.(connection).execute();
  const [{ command }] = await Promise.all([connection`COMMIT`.execute(), written]);
  // The server's answer to a COMMIT where a statement failed, also if the driver tried that once more.
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
  return result;
}
