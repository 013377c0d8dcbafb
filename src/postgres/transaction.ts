import type { PendingQuery, Row } from 'postgres';
import type { Sql, Transaction } from './connection.ts';
import { isGone } from './outage.ts';

/** What is made of the rows that were read. */
export interface Decided<T> {
  /** Null: there is nothing to write. */
  readonly write: ((sql: Transaction) => PendingQuery<Row[]>) | null;
  readonly result: T;
}

/**
 * Reads and locks rows, decides, and writes, in one transaction, which is rolled back if anything
 * fails. That is two round trips: BEGIN goes along with the reading, and COMMIT with the writing.
 */
export async function inTransaction<Rows extends Row[], T>(
  sql: Sql,
  read: (sql: Transaction) => PendingQuery<Rows>,
  decide: (rows: Rows) => Decided<T>,
): Promise<T> {
  const connection = await sql.reserve();
  try {
    const begun = connection`BEGIN`.execute();
    const [rows] = await Promise.all([read(connection).execute(), begun]);
    const { write, result } = decide(rows);
    const written = write?.(connection).execute();
    const [{ command }] = await Promise.all([connection`COMMIT`.execute(), written]);
    // The server's answer to a COMMIT where a statement failed, also if the driver made that good.
    if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
    connection.release();
    return result;
  } catch (error) {
    await undo(connection, error);
    throw error;
  }
}

/**
 * Makes the connection fit for use again. One that is lost is left alone: the server has rolled back,
 * and the driver would write to a socket that is no more, which throws outside of every call and ends
 * the process (https://github.com/porsager/postgres/issues/1154).
 */
async function undo(connection: Transaction, error: unknown): Promise<void> {
  if (isGone(error)) return;
  await connection`ROLLBACK`;
  connection.release();
}
