import type { PendingQuery, Row } from 'postgres';
import type { Sql } from './connection/connection.ts';
import { statementLimitMs } from './connection/session-settings.ts';

/** A statement that writes. */
export interface Write<T extends Row[] = Row[]> {
  /** About how many go to the server along with it. */
  readonly bytes: number;
  readonly send: (sql: Sql) => PendingQuery<T>;
}

/** In bytes. Up to here a statement is as quick as any other. */
const largeWrite = 1_048_576;

/** For each further mebibyte: ten times as long as it takes on an idle machine. */
const msPerMebibyte = 1_000;

/** How long the server may take for a statement of so many bytes; null: as long as for any other. */
export function limitOfWrite(bytes: number): number | null {
  if (bytes <= largeWrite) return null;
  return statementLimitMs + Math.ceil((bytes - largeWrite) / largeWrite) * msPerMebibyte;
}

/** For the rest of a transaction. The server takes a statement that is on its way for idleness, too. */
export function setLimit(sql: Sql, ms: number): PendingQuery<Row[]> {
  const limit = String(ms);
  return sql`
    SELECT set_config('statement_timeout', ${limit}, true),
      set_config('idle_in_transaction_session_timeout', ${limit}, true)`;
}
