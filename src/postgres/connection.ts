import postgres from 'postgres';
import { arrayTypes } from './array-types.ts';

const types = {
  ...arrayTypes,
  /** Instants go as text, see `instant`. An error here would leave a message half written. */
  timestamptz: { to: 1184, from: [1184], serialize: String, parse: String },
  /** Instants come as milliseconds, see `epochMs`. */
  bigint: { to: 20, from: [20], serialize: String, parse: Number },
};

interface Types extends Record<string, unknown> {
  timestamptz: string;
  bigint: number;
  textArray: string[];
  bigintArray: number[];
}

export type Sql = postgres.Sql<Types>;
/** A connection that nobody else uses meanwhile. */
export type Transaction = postgres.ReservedSql<Types>;

export interface ConnectOptions {
  readonly url: string;
  readonly maxConnections: number;
  /** Called when a connection closed, whoever closed it. */
  readonly onClose?: () => void;
}

/** The server gives up a statement after this long, so that no lock is waited for for ever. */
const statementLimitMs = 7_000;

/** Rows are locked for milliseconds; whoever holds one for longer must not hold up other jobs. */
const lockLimitMs = 3_000;

/**
 * Every statement finds its rows by an index. The server keeps the plan of a prepared statement, and
 * one that was made while a table was small would go on to read the whole table when it is large.
 */
const byIndex = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/**
 * Makes the first message of a connection longer than 1 KiB, which the driver sends at once. It
 * collects shorter ones for a moment, and where a connection breaks within that moment, it never
 * sends what it collects for the next one: connecting would time out again and again. PostgreSQL
 * takes the blanks for no options at all.
 */
const longStart = ' '.repeat(1_024);

/** Opens connections as they are needed. */
export function connect({ url, maxConnections, onClose }: ConnectOptions): Sql {
  return postgres(url, {
    max: maxConnections,
    types,
    fetch_types: false,
    // Not postgres.camel, which would rename the keys inside payloads and results too.
    transform: { column: { from: postgres.toCamel } },
    connect_timeout: 5,
    // Short, so that the gateway is back soon after the server is.
    backoff: (attempt) => Math.min(0.1 * 2 ** attempt, 1),
    onnotice: () => {},
    onclose: () => onClose?.(),
    connection: {
      application_name: 'asya-gateway',
      options: longStart,
      statement_timeout: statementLimitMs,
      lock_timeout: lockLimitMs,
      // Else a replica that froze in a transaction would hold its locks for as long.
      idle_in_transaction_session_timeout: statementLimitMs,
      ...byIndex,
    },
  });
}
