import { inspect, types } from 'node:util';
import type { Json } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';

/** Less than parseJson's own limit, because the message around a value adds levels. */
const maxDepth = 60;

/**
 * The values that a handler returned: one, several, or none (see Outcome). If the handler returned a
 * generator that throws, the iteration throws the same.
 *
 * @throws TypeError for a value that JSON cannot express
 */
export async function* valuesOf(returned: unknown): AsyncGenerator<Json> {
  if (returned === undefined) return;
  if (!isMany(returned)) return yield toJson(returned, 'the result');
  for await (const value of returned) yield toJson(value ?? null, 'the result');
}

/** A string can be iterated as well, but is one value. */
function isMany(returned: unknown): returned is AsyncIterable<unknown> | Iterable<unknown> {
  if (Array.isArray(returned)) return true;
  if (typeof returned !== 'object' || returned === null) return false;
  return Symbol.asyncIterator in returned || (Symbol.iterator in returned && 'next' in returned);
}

/**
 * @param what the value is called in the error
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

/** Refuses what JSON.stringify turns into an empty object, because its content would be lost. */
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
