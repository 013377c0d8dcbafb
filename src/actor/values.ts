import { inspect, types } from 'node:util';
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
  if (!isMany(returned)) return yield toJson(returned, 'the result');
  for await (const value of returned) yield toJson(value ?? null, 'the result');
}

/** A string can be iterated, too, but is one value. */
function isMany(returned: unknown): returned is AsyncIterable<unknown> | Iterable<unknown> {
  if (Array.isArray(returned)) return true;
  if (typeof returned !== 'object' || returned === null) return false;
  return Symbol.asyncIterator in returned || (Symbol.iterator in returned && 'next' in returned);
}

/**
 * @param what is named if it fails
 * @throws TypeError
 */
export function toJson(value: unknown, what: string): Json {
  try {
    const text: string | undefined = JSON.stringify(value, refuseContainers);
    if (text === undefined) throw new TypeError(`it says nothing about ${inspect(value)}`);
    return parseJson(text, { maxDepth });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${what} cannot be expressed in JSON: ${reason}`, { cause });
  }
}

/** JSON would make an empty object of each, and what is in it would be lost without a word. */
function refuseContainers(key: string, value: unknown): unknown {
  const way = wayOutOf(value);
  if (way === null) return value;
  const place = key === '' ? '' : ` at "${key}"`;
  throw new TypeError(`${way.what}${place} would be an empty object; ${way.instead}`);
}

function wayOutOf(value: unknown): { readonly what: string; readonly instead: string } | null {
  if (typeof value !== 'object' || value === null) return null;
  if (types.isPromise(value)) return { what: 'a Promise', instead: 'await it' };
  if (types.isMap(value)) return { what: 'a Map', instead: 'return Object.fromEntries(map)' };
  if (types.isSet(value)) return { what: 'a Set', instead: 'return [...set]' };
  return null;
}
