import type { PendingQuery, Row } from 'postgres';
import type { Sql } from '../connection/connection.ts';

/** Gives the statements of this transaction more time than the session's. */
export function extendTime(sql: Sql, extraMs: number): PendingQuery<Row[]> {
  return sql`
    SELECT set_config(
      'statement_timeout',
      (date_part('epoch', current_setting('statement_timeout')::interval) * 1000 + ${extraMs}::float8)
        ::int::text,
      true
    )`;
}
