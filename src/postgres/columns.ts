import type { Json, JsonObject } from '../lib/json.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';
import type { EpochMs } from '../jobs/job.ts';

/** The types of columns in use, as SQL names them. */
export type SqlType = 'text' | 'text[]' | 'int' | 'float8' | 'jsonb' | 'timestamptz';

/** A column of a table, and what it holds of a `T`. */
export interface Column<T> {
  /** Its name in the table. The driver gives rows the same name in camel case. */
  readonly name: string;
  readonly type: SqlType;
  readonly of: (value: T) => unknown;
}

/** `outboxSeq` is `outbox_seq` in the table. */
export function columnName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** For INSERT: `id, status`. */
export function nameList(columns: readonly Column<never>[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** For json_to_recordset: `id text, status text`. */
export function typeList(columns: readonly Column<never>[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(', ');
}

/** For UPDATE … SET: `status = source.status`. */
export function assignmentList(columns: readonly Column<never>[], source: string): string {
  return columns.map(({ name }) => `${name} = ${source}.${name}`).join(', ');
}

/** For SELECT and RETURNING, each column in the form in which it is read. */
export function readList(columns: readonly Column<never>[]): string {
  return columns
    .map(({ name, type }) => (type === 'timestamptz' ? `${epochMs(name)} AS ${name}` : name))
    .join(', ');
}

/** Reads an instant as milliseconds: the text of a timestamptz depends on DateStyle and TimeZone. */
export function epochMs(expression: string): string {
  return `(date_part('epoch', ${expression}) * 1000)::bigint`;
}

/** PostgreSQL takes messages of less than 1 GiB, and jsonb of less than 256 MiB; a character has 1 to 3 bytes. */
const maxText = 268_435_456;

/** Rows for json_to_recordset: one parameter however many there are. */
export function rowsAsJson<T>(columns: readonly Column<T>[], values: readonly T[]): string {
  return jsonText(values.map((value) => recordOf(columns, value)));
}

/** The fronts refuse or mend what PostgreSQL cannot hold; one row they let through must not fail a batch. */
export function jsonText(value: Json): string {
  const text = JSON.stringify(value);
  // More would end the connection instead of the statement.
  if (text.length > maxText) throw new Error(`a value of ${text.length} characters is too large`);
  return hasUnstorable(text) ? JSON.stringify(makeStorable(value)) : text;
}

/**
 * Leaves out columns that are null: json_to_recordset takes what is left out for null, and parsing
 * nulls is what most of a row would cost.
 */
function recordOf<T>(columns: readonly Column<T>[], value: T): JsonObject {
  const record: JsonObject = {};
  for (const { name, type, of } of columns) {
    const held = of(value);
    if (held === null || held === undefined) continue;
    // What a column holds is JSON: instants are numbers, and texts to PostgreSQL.
    record[name] = type === 'timestamptz' ? instant(held as EpochMs) : (held as JsonObject);
  }
  return record;
}

/**
 * As text that PostgreSQL reads alike under every setting. The offset is a number, because names such
 * as `Z` depend on `timezone_abbreviations`.
 *
 * @throws RangeError beyond the years that Date can express
 */
export function instant(at: EpochMs): string;
export function instant(at: EpochMs | null): string | null;
export function instant(at: EpochMs | null): string | null {
  return at === null ? null : `${new Date(at).toISOString().slice(0, -1)}+00:00`;
}
