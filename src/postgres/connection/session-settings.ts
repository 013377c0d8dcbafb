/** The server gives up a statement after this long, so that no lock is waited for for ever. */
export const statementLimitMs = 7_000;

/** Rows are locked for milliseconds; whoever holds one for longer must not hold up other jobs. */
const lockLimitMs = 3_000;

/** Settings of a session by their names, with values as `pg_settings` shows them. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * What the gateway sets for each of its sessions. All that a statement's meaning, its plan, or the
 * durability of a commit rests on is here, so that what a database or a role sets for itself does not
 * count (PostgreSQL manual, chapter 20).
 */
export const sessionSettings: SessionSettings = {
  statement_timeout: String(statementLimitMs),
  lock_timeout: String(lockLimitMs),
  // Else a replica that froze in a transaction would hold its locks for as long.
  idle_in_transaction_session_timeout: String(statementLimitMs),

  // A job whose id was handed out is on the disk.
  synchronous_commit: 'on',
  // Batches wait for each other's row locks, and go on with what they find then.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',

  // Numbers come with all of their digits.
  extra_float_digits: '1',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  row_security: 'on',

  // A statement that fails is no reason to end the session.
  exit_on_error: 'off',
  client_min_messages: 'warning',

  // Every statement finds its rows by an index. The server keeps the plan of a prepared statement, and
  // one that was made while a table was small would go on to read the whole table when it is large.
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_indexscan: 'on',
  enable_bitmapscan: 'off',
  enable_nestloop: 'on',
  enable_sort: 'on',
  plan_cache_mode: 'auto',
  // A plan that is switched off costs so much on paper that the server would compile it.
  jit: 'off',
};

/** The same for settings that not every version of PostgreSQL has. */
export const newerSettings: SessionSettings = {
  // Since version 14.
  idle_session_timeout: '0',
  // Since version 17.
  transaction_timeout: '0',
};

/**
 * The settings as command-line options of a session, which is one parameter at its start. A later one
 * counts: those that a connection URL names come first.
 */
export function asOptions(named: string, settings: SessionSettings): string {
  const ours = Object.entries(settings).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`,
  );
  return [named, ...ours].join(' ').trim();
}
