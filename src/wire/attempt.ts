import Type from 'typebox';
import { isJsonObject, type Json } from '../lib/json.ts';
import { optional } from './optional.ts';

/** Which attempt at its job a report belongs to. Absent: the actor does not tell. */
export const attemptField = optional(Type.Integer({ minimum: 1 }));

/** A report that may tell its attempt by itself, or by the route's metadata that it hands back. */
interface Attempted {
  readonly attempt?: Json | undefined;
  readonly metadata?: Json | undefined;
}

/** What an event takes over of a report's attempt. */
export function attemptOf({ attempt = null, metadata }: Attempted): { readonly attempt?: number } {
  const told = attempt ?? (isJsonObject(metadata) ? metadata['attempt'] : undefined);
  return typeof told === 'number' && Number.isSafeInteger(told) && told > 0
    ? { attempt: told }
    : {};
}
