import type { PendingQuery, Row } from 'postgres';
import type { Sql } from './connection/connection.ts';
import { extendTime } from './sql/extend-time.ts';

/** What is made of the rows that were read. */
export interface Decided<T> {
  /** Null: there is nothing to write. */
  readonly write: ((sql: Sql) => PendingQuery<Row[]>) | null;
  readonly result: T;
}

/**
 * Reads and locks rows, decides, and writes, in one transaction of two round trips: BEGIN goes along
 * with the reading, and COMMIT with the writing. If it rejects, the connection is in any state.
 *
 * @param extraMs how much longer than usual a statement may take: there is much to write. Default 0
 */
export async function inTransaction<Rows extends Row[], T>(
  connection: Sql,
  read: (sql: Sql) => PendingQuery<Rows>,
  decide: (rows: Rows) => Decided<T>,
  extraMs = 0,
): Promise<T> {
  const begun = connection`BEGIN`.execute();
  const extended = extraMs > 0 ? extendTime(connection, extraMs).execute() : null;
  const [rows] = await Promise.all([read(connection).execute(), begun, extended]);
  const { write, result } = decide(rows);
  const written = write?.(connection).execute();
  const [{ command }] = await Promise.all([connection`COMMIT`.execute(), written]);
  // The server's answer to a COMMIT where a statement failed, also if the driver tried that once more.
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
  return result;
}
