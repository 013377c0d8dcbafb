import { isJobId, type EpochMs } from '../../jobs/job.ts';
import { JsonError, parseJson } from '../../lib/json-parse.ts';
import type { Json } from '../../lib/json.ts';
import { isRequestId, type RequestId } from '../rpc/json-rpc.ts';
import type { ProgressToken } from '../rpc/progress.ts';

/** The stream that replies to one request: all that a replica which never saw it needs to go on with it. */
export interface CallStream {
  readonly jobId: string;
  readonly requestId: RequestId;
  readonly progressToken: ProgressToken | null;
  /** Null: nothing but the job's outcome will do. */
  readonly patience: Patience | null;
}

/** How long the outcome is waited for, and what is the reply after that. */
export interface Patience {
  /** While the job asks for nothing; see `PatienceClock`. */
  readonly until: EpochMs;
  readonly instead: Instead;
}

const instead = ['handle', 'status'] as const;

/**
 * What a caller gets whose patience ends before the job does:
 * - handle: where to follow the job, which its request made
 * - status: how far the job has come, for which its request only waits
 */
export type Instead = (typeof instead)[number];

/** A seq of the job: the updates up to it are told. `end`: the reply is. */
export type StreamPosition = number | 'end';

/**
 * The event id of a place in a stream.
 *
 * @param until the end of its patience as it is known there. Default, and for Infinity: as at the beginning
 */
export type EventIdAt = (position: StreamPosition, until?: EpochMs) => string;

/**
 * Characters of an event id's last part. That is long enough for every request id and token that makes
 * sense. The id comes with each event, and back in a header; Node limits all headers to 16 KiB.
 */
const maxEncoded = 1_024;

/** Beyond what any job's history comes to. */
const maxSeq = 999_999_999;

/** Did the stream's request make the job? Otherwise it only waits for it. */
export function madeJob({ patience }: CallStream): boolean {
  return patience?.instead !== 'status';
}

/**
 * The event ids of a stream: `{jobId}.{position}.{the rest of it}`. They are not signed: one that a
 * client makes up gets it what the job id alone would get it, and a new secret breaks none.
 *
 * @returns null if they would be too long
 */
export function eventIdsOf(stream: CallStream): EventIdAt | null {
  let encodedUntil = stream.patience?.until ?? null;
  let encoded = encode(stream, encodedUntil);
  if (encoded.length > maxEncoded) return null;
  return (position, until) => {
    const isNews = until !== undefined && until !== Infinity && until !== encodedUntil;
    if (isNews && encodedUntil !== null) {
      encodedUntil = until;
      encoded = encode(stream, until);
    }
    return `${stream.jobId}.${position}.${encoded}`;
  };
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

function encode({ requestId, progressToken, patience }: CallStream, until: EpochMs | null): string {
  const rest = [requestId, progressToken, until, patience?.instead ?? null];
  return Buffer.from(JSON.stringify(rest)).toString('base64url');
}

function decode(encoded: string): Json {
  try {
    return parseJson(Buffer.from(encoded, 'base64url').toString());
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
