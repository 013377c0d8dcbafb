import type { AsyncMessage } from 'rabbitmq-client';
import type { Json } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws TypeError if the body is not UTF-8 */
export function textOf(message: AsyncMessage): string {
  const body: Buffer = message.body;
  return utf8.decode(body);
}

/** The body's JSON, with what PostgreSQL cannot hold replaced. @throws TypeError, JsonError */
export function storableJsonOf(message: AsyncMessage): Json {
  const text = textOf(message);
  const value = parseJson(text);
  return hasUnstorable(text) ? makeStorable(value) : value;
}
