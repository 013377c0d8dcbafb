import type { JobUpdate } from '../../jobs/job.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { isRequestId } from './json-rpc.ts';

export type ProgressToken = string | number;

export type ProgressTokenOfCall =
  | { readonly ok: true; readonly token: ProgressToken | null }
  /** There is one, but it is neither a string nor an integer. */
  | { readonly ok: false };

/** The token under which a caller wants to hear of progress; null: it does not. */
export function progressTokenOf(params: JsonObject): ProgressTokenOfCall {
  const token = metaOf(params)['progressToken'] ?? null;
  return token === null || isRequestId(token) ? { ok: true, token } : { ok: false };
}

/** A request's metadata; an empty object if it has none. */
export function metaOf(params: JsonObject): Readonly<Record<string, Json>> {
  return isJsonObject(params['_meta']) ? params['_meta'] : {};
}

/** What each update adds to the percentage, in percent: too little to be seen. */
const increment = 1e-6;

/**
 * The progress notification of an update: percent of 100. The value must grow with every
 * notification (MCP 2025-11-25, progress), also where only the message is new, and on whichever
 * replica a cut stream goes on; so the update's number is added as a tiny fraction.
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
