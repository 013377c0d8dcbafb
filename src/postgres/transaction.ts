import type { PendingQuery, Row } from 'postgres';
import type { Allow, Sql } from './connection/connection.ts';
import { limitOfWrite, setLimit, type Write } from './large-write.ts';

/** What is made of the rows that were read. */
export interface Decided<T> {
  /** Null: there is nothing to write. */
  readonly write: Write | null;
  readonly result: T;
}

/**
 * Reads and locks rows, decides, and writes, in one transaction of two round trips: BEGIN goes along
 * with the reading, and COMMIT with the writing. If it rejects, the connection is in any state.
 */
export async function inTransaction<Rows extends Row[], T>(
  connection: Sql,
  allow: Allow,
  read: (sql: Sql) => PendingQuery<Rows>,
  decide: (rows: Rows) => Decided<T>,
): Promise<T> {
  const begun = connection`BEGIN`.execute();
  const [rows] = await Promise.all([read(connection).execute(), begun]);
  const { write, result } = decide(rows);
  await Promise.all([write === null ? null : sent(connection, allow, write), commit(connection)]);
  return result;
}

/** Runs one statement that writes, in a transaction if it takes longer than statements may. */
export async function writeAlone<Rows extends Row[]>(
  connection: Sql,
  allow: Allow,
  write: Write<Rows>,
): Promise<Rows> {
  if (limitOfWrite(write.bytes) === null) return write.send(connection);
  const begun = connection`BEGIN`.execute();
  const written = sent(connection, allow, write);
  const [rows] = await Promise.all([written, begun, commit(connection)]);
  return rows;
}

/** Sends a statement, after what allows it the time it takes. */
function sent<Rows extends Row[]>(
  connection: Sql,
  allow: Allow,
  { bytes, send }: Write<Rows>,
): Promise<Rows> {
  const limit = limitOfWrite(bytes);
  if (limit === null) return send(connection).execute();
  allow(limit);
  const limited = setLimit(connection, limit).execute();
  const written = send(connection).execute();
  return Promise.all([written, limited]).then(([rows]) => rows);
}

/** The server's answer to a COMMIT tells whether a statement failed, also if the driver tried that once more. */
async function commit(connection: Sql): Promise<void> {
  const { command } = await connection`COMMIT`.execute();
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
}
