import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { StoreUnavailable } from '../../jobs/job-store.ts';
import { isFinal, type Job, type JobUpdate } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Listener, PendingAnswer, ReadyAnswer } from '../rpc/reply.ts';
import { callResult, type CallOutcome, type ResultForm } from '../../calls/call-result.ts';
import { isRequestCancelled } from './request-cancellation.ts';
import { eventIdsOf, type CallStream, type Instead } from './call-stream.ts';
import { closingFailure, failedAnswer, thrownAnswer } from '../rpc/failure.ts';
import { answerOf } from './call-answer.ts';
import { progressNotification } from '../rpc/progress.ts';
import type { Questions } from './questions.ts';
import type { ToolCalls } from '../../calls/tool-calls.ts';

/** A tool call whose answer is a job's outcome. */
export interface AwaitedCall {
  readonly kind: 'awaited';
  /** As the caller knows it; what comes after is told. */
  readonly job: Job;
  /** Null: nothing but the outcome will do. */
  readonly patience: { readonly ms: number; readonly instead: Instead } | null;
}

/** What the protocol version of a caller, and the way its request came, allow. */
export interface StreamTerms {
  readonly form: ResultForm;
  /** Whether events have ids, by which a cut stream is resumed. */
  readonly eventIds: boolean;
  /**
   * Whether a stream begins with an event that only carries an id, and may end before its response
   * for the client to resume it (MCP 2025-11-25, transports, "Sending Messages to the Server").
   */
  readonly priming: boolean;
  /**
   * How the caller takes a request back, which cancels the job that the request made:
   * - notification: by `notifications/cancelled`; a connection may break without that meaning
   * - disconnect: by closing its stream (MCP 2026-07-28, cancellation)
   * - null: not at all
   */
  readonly takenBackBy: 'notification' | 'disconnect' | null;
  /** How the caller is asked for what a job needs. */
  readonly questions: Questions;
}

interface Parts {
  readonly jobs: ClientJobs;
  readonly toolCalls: ToolCalls;
  /** The answer where the outcome takes longer than the caller's patience. */
  readonly instead: (job: Job, kind: Instead, form: ResultForm) => Promise<CallOutcome>;
  readonly clock: Clock;
  /** Aborted when the gateway drains: waits end. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** Waits for outcomes, telling progress on the way; begun here, or by another replica. */
export class AwaitedCalls {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  begin(
    { job, patience }: AwaitedCall,
    request: Pick<CallStream, 'requestId' | 'progressToken'>,
    terms: StreamTerms,
  ): PendingAnswer {
    const limit = patience && { until: this.#parts.clock() + patience.ms, ...patience };
    // What the job asks for already, nobody has told this caller.
    const after = job.status === 'InputRequired' ? job.seq - 1 : job.seq;
    return this.resume(job, { ...request, jobId: job.id, patience: limit }, after, terms);
  }

  /** @param after the seq of the last update that was told */
  resume(job: Job, stream: CallStream, after: number, terms: StreamTerms): PendingAnswer {
    const idAt = terms.eventIds ? eventIdsOf(stream) : null;
    const primingEventId = terms.priming && idAt !== null ? idAt(after) : null;
    const isPrimed = primingEventId !== null;
    return {
      kind: 'pending',
      primingEventId,
      settle: async (listener) => {
        const answer = await this.#settle(job, stream, after, { idAt, listener, terms, isPrimed });
        return answer === null || idAt === null ? answer : { ...answer, eventId: idAt('end') };
      },
    };
  }

  async #settle(
    job: Job,
    stream: CallStream,
    after: number,
    settling: Settling,
  ): Promise<ReadyAnswer | null> {
    const { jobs, closing, log } = this.#parts;
    const { listener, terms, isPrimed } = settling;
    const { requestId } = stream;
    const canResume = isPrimed && listener.notify !== null;
    try {
      const end = await this.#wait(job, stream, after, settling);
      switch (end.kind) {
        case 'response':
          return end.answer;
        case 'impatient':
          return answerOf(requestId, await this.#parts.instead(job, end.instead, terms.form));
        case 'over': {
          const finished = await jobs.get(job.id);
          if (finished === null || !isFinal(finished.status)) break;
          const mayBeTakenBack = terms.takenBackBy === 'notification' && ownsJob(stream);
          if (mayBeTakenBack && isRequestCancelled(finished)) return null;
          return answerOf(requestId, callResult(finished, terms.form));
        }
        case 'stopped':
          break;
      }
      if (listener.signal.aborted) {
        const takesBack = terms.takenBackBy === 'disconnect' && ownsJob(stream);
        if (takesBack && !closing.aborted) {
          await jobs.cancel(job.id, 'CancelledByClient', 'the MCP client disconnected');
        }
        return null;
      }
      return canResume ? null : failedAnswer(requestId, closingFailure(job.id));
    } catch (error) {
      if (canResume && error instanceof StoreUnavailable) return null;
      return thrownAnswer(requestId, error, log);
    }
  }

  /** Waits for the outcome, putting the job's questions on the way. */
  async #wait(
    job: Job,
    stream: CallStream,
    after: number,
    { idAt, listener, terms }: Settling,
  ): Promise<WaitEnd> {
    const { jobs, toolCalls, clock, closing } = this.#parts;
    const { requestId, patience } = stream;
    const signal = AbortSignal.any([closing, listener.signal]);
    const onUpdate = progressTeller(stream, idAt, listener);
    // The history of a finished job is told to its end, however long ago the wait was over.
    let until = patience === null || isFinal(job.status) ? null : patience.until;
    let position = after;
    // Since when the client has the question; one that resumes after it may have had it for long.
    let askedAt = job.status === 'InputRequired' && after >= job.seq ? job.updatedAt : null;
    while (true) {
      const asked = askedAt !== null;
      const update = await toolCalls.awaitUpdate(job.id, {
        // People take their time; the caller knows what it waits for.
        timeoutMs: asked || until === null ? null : Math.max(until - clock(), 0),
        signal,
        after: position,
        onUpdate,
        until: ({ status }) => asked || status === 'InputRequired' || isFinal(status),
      });
      if (update === 'over') return { kind: 'over' };
      if (update === null) {
        if (listener.signal.aborted || patience === null) return { kind: 'stopped' };
        return { kind: 'impatient', instead: patience.instead };
      }
      if (isFinal(update.status)) return { kind: 'over' };
      if (askedAt !== null && until !== null) until += clock() - askedAt;
      position = update.seq;
      askedAt = null;
      const latest = await jobs.get(job.id);
      if (latest?.status !== 'InputRequired') continue;
      const eventId = idAt?.(position) ?? null;
      const request = { id: requestId, eventId, ownsJob: ownsJob(stream) };
      const put = await terms.questions.put(latest, request, listener);
      if (put.kind === 'response') return put;
      if (put.kind === 'nobody' && patience !== null) {
        return { kind: 'impatient', instead: patience.instead };
      }
      if (put.kind === 'asked') askedAt = update.timestamp;
    }
  }
}

interface Settling {
  readonly idAt: ReturnType<typeof eventIdsOf>;
  readonly listener: Listener;
  readonly terms: StreamTerms;
  readonly isPrimed: boolean;
}

/**
 * - over: the job is, or is unknown
 * - impatient: the caller gets something else instead
 * - stopped: nobody waits any more, or the gateway drains
 */
type WaitEnd =
  | { readonly kind: 'over' | 'stopped' }
  | { readonly kind: 'impatient'; readonly instead: Instead }
  | { readonly kind: 'response'; readonly answer: ReadyAnswer };

/** Did the request make the job? Otherwise it only waits for it. */
export function ownsJob({ patience }: CallStream): boolean {
  return patience?.instead !== 'status';
}

/** The final update is not told: the response takes its place. */
function progressTeller(
  { progressToken }: CallStream,
  idAt: ReturnType<typeof eventIdsOf>,
  { notify }: Listener,
) {
  if (progressToken === null || notify === null) return async () => {};
  return async (update: JobUpdate): Promise<void> => {
    if (isFinal(update.status)) return;
    const notification = progressNotification(progressToken, update);
    // A client that resumes has to hear the question, which comes after this.
    const isPassed = update.status !== 'InputRequired';
    if (notification !== null) {
      await notify(notification, isPassed ? (idAt?.(update.seq) ?? null) : null);
    }
  };
}
