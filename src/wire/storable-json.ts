import type { Json } from '../lib/json.ts';
import { maxMessageDepth, parseJson } from '../lib/json-parse.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';

/**
 * The JSON of a report, with characters that no store can hold replaced: the work that an actor reports
 * is done, and cannot be told in other words.
 *
 * @throws JsonError
 */
export function storableJson(text: string): Json {
  const value = parseJson(text, { maxDepth: maxMessageDepth });
  return hasUnstorable(text) ? makeStorable(value) : value;
}
