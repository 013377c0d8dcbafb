import type { Json } from '../lib/json.ts';

/** A part of a YAML text as JSON, with where its own parts stand. */
export interface Value {
  readonly json: Json;
  /** Where it begins, in UTF-16 units. */
  readonly offset: number;
  /** By key or index. What an alias or a merge brings stands where it was written. */
  readonly entries: Entries;
  /** How many values it is made of, itself included. */
  readonly size: number;
  /** How many mappings and lists stand within one another in it. */
  readonly height: number;
}

export type Entries = ReadonlyMap<string | number, Entry>;

export interface Entry {
  /** Of its key, or of a list's item. */
  readonly offset: number;
  readonly value: Value;
}

const noEntries: Entries = new Map();

export function scalarValue(json: Json, offset: number): Value {
  return { json, offset, entries: noEntries, size: 1, height: 0 };
}

/** @param json as made of the entries */
export function collectionValue(json: Json, offset: number, entries: Entries): Value {
  const values = [...entries.values()].map(({ value }) => value);
  const size = values.reduce((sum, value) => sum + value.size, 1);
  const height = 1 + values.reduce((most, value) => Math.max(most, value.height), 0);
  return { json, offset, entries, size, height };
}
