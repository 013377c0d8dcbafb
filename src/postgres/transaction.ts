import postgres from 'postgres';
import type { Sql, Transaction } from './connection.ts';

/** The connection was given up by us: the driver refuses statements on it by itself. */
const givenUp = new Set(['CONNECTION_DESTROYED', 'CONNECTION_ENDED']);

/**
 * Runs statements in one transaction, which is rolled back if `work` rejects.
 *
 * Where the connection is lost the server rolls back. The driver would still send it a ROLLBACK: to a
 * socket that is no more, which throws outside of every call and ends the process
 * (https://github.com/porsager/postgres/issues/1154). So it does not hear of such a failure from
 * `work`; it rejects by itself when the connection closes.
 */
export function inTransaction<T>(
  sql: Sql,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  // What comes back is what `work` returns; the driver's type unwraps arrays of promises, too.
  return sql.begin((transaction) =>
    work(transaction).catch((error: unknown) => {
      if (isLoss(error)) return new Promise<never>(() => {});
      throw error;
    }),
  ) as Promise<T>;
}

/** What the server says has a SQLSTATE, and leaves the connection as it is. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof postgres.PostgresError) return false;
  return 'code' in error && !givenUp.has(String(error.code));
}
