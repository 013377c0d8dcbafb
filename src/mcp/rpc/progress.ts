import type { JobUpdate } from '../../jobs/job.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { isRequestId } from './json-rpc.ts';

export type ProgressToken = string | number;

export type ProgressTokenOfCall =
  | { readonly ok: true; readonly token: ProgressToken | null }
  /** The request has a token that is neither a string nor an integer. */
  | { readonly ok: false };

/** The token under which a caller wants to be told of progress; null: it does not want to be told. */
export function progressTokenOf(params: JsonObject): ProgressTokenOfCall {
  const token = metaOf(params)['progressToken'] ?? null;
  return token === null || isRequestId(token) ? { ok: true, token } : { ok: false };
}

/** A request's metadata; an empty object if it has none. */
export function metaOf(params: JsonObject): Readonly<Record<string, Json>> {
  return isJsonObject(params['_meta']) ? params['_meta'] : {};
}

/** What the number of each update adds to the percentage, in percent. It is too little to be seen. */
const increment = 1e-6;

/**
 * The progress notification of an update, in percent. The value must grow with every notification (MCP
 * 2025-11-25, progress), also if only the message is new, and also if another replica goes on with a
 * stream that was cut. So the update's number is added to it as a tiny fraction.
 *
 * @returns null if the update has no percentage
 */
export function progressNotification(token: ProgressToken, update: JobUpdate): object | null {
  const { progressPercent, seq, message } = update;
  if (progressPercent === null) return null;
  const progress = Number((Number(progressPercent.toFixed(6)) + seq * increment).toFixed(6));
  return {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: token, progress, total: 100, ...(message !== null && { message }) },
  };
}
