import type { PendingQuery, Row } from 'postgres';
import type { Sql, Transaction } from '../connection.ts';

type Fragment = PendingQuery<Row[]>;

/** What a transition needs; a result only where one may have to be compared. */
export function stateColumns(sql: Sql | Transaction): Fragment {
  return sql`
    id, tool, status, reason, route_steps, route_current, route_metadata,
    CASE WHEN finished_at IS NOT NULL THEN result END AS result,
    error, error_details, message, progress_percent, current_step, step_status, steps_completed,
    deadline, heartbeat_timeout_seconds, last_heartbeat_at, heartbeat_due_at,
    input, input_timeout_seconds, dispatched_at, outbox_seq, seq, created_at, updated_at, finished_at`;
}

/** A whole job. */
export function jobColumns(sql: Sql | Transaction): Fragment {
  return sql`
    ${stateColumns(sql)}, parent_id, payload, headers, timeout_seconds`;
}
