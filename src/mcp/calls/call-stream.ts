import { isJobId, type EpochMs } from '../../jobs/job.ts';
import { JsonError, parseJson } from '../../lib/json-parse.ts';
import type { Json } from '../../lib/json.ts';
import { isRequestId, type RequestId } from '../rpc/json-rpc.ts';
import type { ProgressToken } from '../rpc/progress.ts';

/** The stream that answers one request: all that a replica which never saw it needs to go on with it. */
export interface CallStream {
  readonly jobId: string;
  readonly requestId: RequestId;
  readonly progressToken: ProgressToken | null;
  /** Null: nothing but the job's outcome will do. */
  readonly patience: Patience | null;
}

/** How long the outcome is waited for, and what is the answer after that. */
export interface Patience {
  readonly until: EpochMs;
  readonly instead: Instead;
}

const instead = ['handle', 'status'] as const;

/** The handle of the job, or how far it has come. */
export type Instead = (typeof instead)[number];

/** A seq of the job: the updates up to it are told. `end`: the response is. */
export type StreamPosition = number | 'end';

/**
 * Long enough for every request id and token that makes sense; the event id comes with each event,
 * and back in a header, which Node limits to 16 KiB for all of them.
 */
const maxEncoded = 1_024;

/** Beyond what any job's history comes to. */
const maxSeq = 999_999_999;

/**
 * The event ids of a stream: `{jobId}.{position}.{the rest of it}`. They are not signed: one that a
 * client makes up gets it what the job id alone would get it, and a new secret breaks none.
 *
 * @returns null if they would be too long
 */
export function eventIdsOf(stream: CallStream): ((position: StreamPosition) => string) | null {
  const { jobId, requestId, progressToken, patience } = stream;
  const rest = [requestId, progressToken, patience?.until ?? null, patience?.instead ?? null];
  const encoded = Buffer.from(JSON.stringify(rest)).toString('base64url');
  return encoded.length > maxEncoded ? null : (position) => `${jobId}.${position}.${encoded}`;
}

/** Null if the text is no event id of such a stream. An id has one spelling, that of `eventIdsOf`. */
export function readEventId(text: string): [CallStream, StreamPosition] | null {
  const [jobId, place, encoded = ''] = text.split('.');
  if (!isJobId(jobId) || encoded.length > maxEncoded) return null;
  const rest = decode(encoded);
  if (!Array.isArray(rest)) return null;
  const [requestId, progressToken, until, wanted] = rest;
  if (!isRequestId(requestId)) return null;
  if (progressToken !== null && !isRequestId(progressToken)) return null;
  const patience = readPatience(until, wanted);
  if (patience === undefined) return null;
  const stream = { jobId, requestId, progressToken, patience };
  const position = place === 'end' ? place : Number(place);
  const isPosition = position === 'end' || (position >= 0 && position <= maxSeq);
  return isPosition && eventIdsOf(stream)?.(position) === text ? [stream, position] : null;
}

function readPatience(until: Json | undefined, wanted: Json | undefined) {
  if (until === null && wanted === null) return null;
  const known = instead.find((name) => name === wanted);
  return typeof until === 'number' && known !== undefined ? { until, instead: known } : undefined;
}

function decode(encoded: string): Json {
  try {
    return parseJson(Buffer.from(encoded, 'base64url').toString());
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
