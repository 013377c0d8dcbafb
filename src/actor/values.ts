import type { Json } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';

/** Below parseJson's own limit: the messages that carry a value add levels around it. */
const maxDepth = 60;

/**
 * The values a handler returned, however it did: one, several, or none (see Outcome). What a
 * generator of the handler throws comes out of the iteration.
 *
 * @throws TypeError at a value that JSON cannot express
 */
export async function* valuesOf(returned: unknown): AsyncGenerator<Json> {
  if (returned === undefined) return;
  if (!isMany(returned)) return yield toJson(returned);
  for await (const value of returned) yield toJson(value ?? null);
}

/** A Map or a string can be iterated, too, but is one value. */
function isMany(returned: unknown): returned is AsyncIterable<unknown> | Iterable<unknown> {
  if (Array.isArray(returned)) return true;
  if (typeof returned !== 'object' || returned === null) return false;
  return Symbol.asyncIterator in returned || (Symbol.iterator in returned && 'next' in returned);
}

function toJson(value: unknown): Json {
  try {
    return parseJson(JSON.stringify(value), { maxDepth });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`the result cannot be expressed in JSON: ${reason}`, { cause });
  }
}
