import { isFinal, type EpochMs, type Job } from '../../jobs/job.ts';
import type { RpcRequest } from '../rpc/json-rpc.ts';
import { progressTokenOf } from '../rpc/progress.ts';
import type { Asker } from './asker.ts';
import {
  eventIdsOf,
  madeJob,
  type CallStream,
  type EventIdAt,
  type Instead,
} from './call-stream.ts';
import type { McpCaller } from './caller.ts';

/** A job that a request waits for. */
export interface WaitForJob {
  readonly kind: 'wait';
  /** As the caller knows it: it is told what comes after. */
  readonly job: Job;
  /** How long the request waits, and what it gets then; null: nothing but the outcome will do. */
  readonly patience: { readonly ms: number; readonly instead: Instead } | null;
}

/**
 * A request that waits for a job, and where it stands. It names the job and does not hold it, because
 * thousands of requests may wait, and jobs can be large.
 */
export interface WaitedCall {
  readonly stream: CallStream;
  /** Null: the events of its stream have no ids, so that it cannot be resumed. */
  readonly eventIdAt: EventIdAt | null;
  /** The seq of the last update that the caller was told. */
  readonly after: number;
  /** Whether the caller was told that by another stream, which this one goes on with. */
  readonly isResumed: boolean;
  /** Whether the job was over when the wait began. */
  readonly wasOver: boolean;
  /** Whether the request made the job. Otherwise it only waits for it, and never cancels it. */
  readonly ownsJob: boolean;
  readonly asker: Asker;
}

export interface WaitOptionsOfRequest {
  readonly asker: Asker;
  readonly ownsJob: boolean;
  readonly now: EpochMs;
}

/** The wait of a request that has just begun. */
export function beginWait(
  { job, patience }: WaitForJob,
  { id, params }: RpcRequest,
  caller: McpCaller,
  { asker, ownsJob, now }: WaitOptionsOfRequest,
): WaitedCall {
  const progress = progressTokenOf(params);
  const stream: CallStream = {
    jobId: job.id,
    requestId: id,
    progressToken: progress.ok ? progress.token : null,
    patience: patience && { until: now + patience.ms, instead: patience.instead },
  };
  return {
    stream,
    eventIdAt: caller.resumable ? eventIdsOf(stream) : null,
    // Nobody has told this caller what the job asks for already.
    after: job.status === 'InputRequired' ? job.seq - 1 : job.seq,
    isResumed: false,
    wasOver: isFinal(job.status),
    ownsJob,
    asker,
  };
}

/**
 * The same wait, on another stream.
 *
 * @param after the seq of the last update that the caller was told
 */
export function resumeWait(
  job: Job,
  stream: CallStream,
  after: number,
  caller: McpCaller,
  asker: Asker,
): WaitedCall {
  return {
    stream,
    eventIdAt: caller.resumable ? eventIdsOf(stream) : null,
    after,
    isResumed: true,
    wasOver: isFinal(job.status),
    ownsJob: madeJob(stream),
    asker,
  };
}
