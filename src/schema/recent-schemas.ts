import type { JsonObject } from '../lib/json.ts';
import { readSchema, type ReadSchema } from './json-schema.ts';

const maxSchemas = 32;
/** In UTF-16 units. */
const maxSize = 32_768;

/** The schemas read last, by their text; the one that was used longest ago comes first. */
const recent = new Map<string, ReadSchema>();

/**
 * As `readSchema`, for schemas that come with requests and come again: people correct an answer, and
 * one question is asked of many. A compilation takes some milliseconds. What is remembered has a
 * bound, or every new question would make the process larger.
 */
export function readRecentSchema(schema: JsonObject): ReadSchema {
  const text = JSON.stringify(schema);
  const read = recent.get(text) ?? readSchema(schema);
  recent.delete(text);
  if (text.length <= maxSize) recent.set(text, read);
  const [oldest] = recent.keys();
  if (recent.size > maxSchemas && oldest !== undefined) recent.delete(oldest);
  return read;
}
