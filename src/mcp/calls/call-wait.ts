import { callResult, handleResult, type CallOutcome } from '../../calls/call-result.ts';
import { waitForUpdate } from '../../calls/job-wait.ts';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { StoreUnavailable } from '../../jobs/ports/job-store.ts';
import { isFinal, type Job, type JobUpdate } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ToolBox } from '../../tools/tool.ts';
import { closingFailure, failedReply, thrownReply } from '../rpc/failure.ts';
import { progressNotification } from '../rpc/progress.ts';
import type { Listener, PendingReply, ReadyReply } from '../rpc/reply.ts';
import { callReply, removedReply } from './call-reply.ts';
import type { Instead } from './call-stream.ts';
import type { McpCaller } from './caller.ts';
import { statusResult } from './job-status.ts';
import { PatienceClock } from './patience.ts';
import { isRequestCancelled } from './request-cancellation.ts';
import type { WaitedCall } from './waited-call.ts';

export interface CallWaitParts {
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  /** Whether callers have `job_wait`, to go on with a handle. */
  readonly offersJobWait: boolean;
  readonly clock: Clock;
  /** Aborted when the gateway drains: waits end. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** Waits for jobs on behalf of requests, tells progress and asks for input on the way. */
export class CallWait {
  readonly #parts: CallWaitParts;

  constructor(parts: CallWaitParts) {
    this.#parts = parts;
  }

  /** The reply to a call, which `run` waits for once it is known who listens. */
  pending(call: WaitedCall, caller: McpCaller): PendingReply {
    return {
      kind: 'pending',
      primingEventId: caller.primed && call.eventIdAt ? call.eventIdAt(call.after) : null,
      settle: (listener) => this.run(call, caller, listener),
    };
  }

  /**
   * Waits for the reply to a call; never rejects. Null: none is to be sent, because the request was
   * cancelled or its stream will be resumed.
   */
  async run(call: WaitedCall, caller: McpCaller, listener: Listener): Promise<ReadyReply | null> {
    const { stream, eventIdAt } = call;
    const canResume = caller.primed && eventIdAt !== null && listener.notify !== null;
    let reply: ReadyReply | null;
    try {
      const end = await this.#waitForEnd(call, caller, listener);
      reply = await this.#replyOf(end, call, caller, canResume);
    } catch (error) {
      if (canResume && error instanceof StoreUnavailable) return null;
      reply = thrownReply(stream.requestId, error, this.#parts.log);
    }
    return reply === null || eventIdAt === null ? reply : { ...reply, eventId: eventIdAt('end') };
  }

  /** Waits for the outcome. What the job asks on the way is put to the caller. */
  async #waitForEnd(call: WaitedCall, { client }: McpCaller, listener: Listener): Promise<WaitEnd> {
    const { clock, closing } = this.#parts;
    const { jobs } = client;
    const { stream, eventIdAt, ownsJob, asker } = call;
    const { jobId, requestId, patience } = stream;
    const timer = await this.#timerOf(call, jobs);
    const idAt = eventIdAt && ((seq: number) => eventIdAt(seq, timer.until));
    const tell = progressTeller(call, listener, idAt);
    let after = call.after;
    while (true) {
      const stoodStill = timer.standsStill;
      const update = await waitForUpdate(jobs, jobId, {
        timeoutMs: timer.msLeft(clock()),
        stopOn: [closing, listener.signal],
        after,
        onUpdate: (update) => {
          timer.see(update);
          return tell(update);
        },
        // An update after a question sets the timer going again.
        until: ({ status }) => stoodStill || status === 'InputRequired' || isFinal(status),
      });
      if (update === 'over') return { kind: 'over' };
      if (update === null) {
        if (listener.signal.aborted) return { kind: 'abandoned' };
        // A gateway that stops gives what there is at the end of the patience.
        return patience === null
          ? { kind: 'closing' }
          : { kind: 'impatient', instead: patience.instead };
      }
      if (isFinal(update.status)) return { kind: 'over' };
      after = update.seq;
      const job = await jobs.get(jobId);
      if (job?.status !== 'InputRequired') continue;
      const request = { id: requestId, eventId: idAt && idAt(after), ownsJob };
      const outcome = await asker.ask(job, request, listener);
      if (outcome.kind === 'reply') return outcome;
      if (outcome.kind === 'nobody' && patience !== null) {
        return { kind: 'impatient', instead: patience.instead };
      }
    }
  }

  async #timerOf(
    { stream, after, isResumed, wasOver }: WaitedCall,
    jobs: ClientJobs,
  ): Promise<PatienceClock> {
    const { jobId, patience } = stream;
    // The history of a job that is over is told to its end, however long ago the wait was over.
    if (patience === null || wasOver) return new PatienceClock(Infinity);
    const timer = new PatienceClock(patience.until);
    if (isResumed && after > 0) await this.#recall(jobs, jobId, after, timer);
    return timer;
  }

  /** Reads the last update that the caller was told. If it is a question, the timer stands still. */
  async #recall(jobs: ClientJobs, jobId: string, seq: number, timer: PatienceClock): Promise<void> {
    const { closing } = this.#parts;
    const told = await waitForUpdate(jobs, jobId, {
      timeoutMs: Infinity,
      stopOn: [closing],
      after: seq - 1,
      until: () => true,
    });
    if (told !== null && told !== 'over') timer.see(told);
  }

  /** @param canResume whether the stream may end without a reply, for the caller to resume it */
  async #replyOf(
    end: WaitEnd,
    call: WaitedCall,
    caller: McpCaller,
    canResume: boolean,
  ): Promise<ReadyReply | null> {
    const { closing } = this.#parts;
    const { jobs } = caller.client;
    const { jobId, requestId } = call.stream;
    switch (end.kind) {
      case 'reply':
        return end.reply;
      case 'closing':
        return canResume ? null : failedReply(requestId, closingFailure(jobId));
      case 'abandoned':
        // Without a stream a stateless client cannot get a reply any more, and says so by this.
        if (caller.era === 'stateless' && call.ownsJob && !closing.aborted) {
          await jobs.cancel(jobId, 'the MCP client disconnected');
        }
        return null;
      case 'impatient':
      case 'over': {
        const job = await jobs.get(jobId);
        if (job === null) return removedReply(requestId, jobId);
        if (end.kind === 'impatient') {
          return callReply(requestId, this.#instead(end.instead, job, caller));
        }
        const isCancelled = caller.era === 'session' && call.ownsJob && isRequestCancelled(job);
        return isCancelled ? null : callReply(requestId, callResult(job, caller.form));
      }
    }
  }

  /** What the caller gets whose patience ended before the job did. */
  #instead(instead: Instead, job: Job, { form }: McpCaller): CallOutcome {
    if (instead === 'status') {
      return isFinal(job.status) ? callResult(job, form) : statusResult(job);
    }
    const tool = job.tool === null ? null : this.#parts.tools().find(job.tool);
    return { kind: 'result', result: handleResult(job, tool, this.#advice(job)) };
  }

  /** How to go on with a handle, for a model. */
  #advice({ id, tool, status, message }: Job): string | null {
    if (status === 'InputRequired') {
      return `${message} (it goes on once this is answered by POST /jobs/${id}/input)`;
    }
    if (!this.#parts.offersJobWait) return null;
    return `${tool} is still at work: call job_wait with this job_id to get its result.`;
  }
}

/**
 * Why a wait ended:
 * - over: the job is, or it is not kept any more
 * - impatient: it took too long, or the caller cannot be asked what the job asks
 * - abandoned: nobody waits any more
 * - closing: the gateway stops
 * - reply: a question ended the request
 */
type WaitEnd =
  | { readonly kind: 'over' | 'abandoned' | 'closing' }
  | { readonly kind: 'impatient'; readonly instead: Instead }
  | { readonly kind: 'reply'; readonly reply: ReadyReply };

/** Tells updates as progress; not the final one, because the reply takes its place. */
function progressTeller(
  { stream: { progressToken } }: WaitedCall,
  { notify }: Listener,
  eventId: ((seq: number) => string) | null,
) {
  if (progressToken === null || notify === null) return async () => {};
  return async (update: JobUpdate): Promise<void> => {
    if (isFinal(update.status)) return;
    const notification = progressNotification(progressToken, update);
    if (notification === null) return;
    // The question comes after its progress. A client that resumes between the two must hear it.
    const isTold = update.status !== 'InputRequired';
    await notify(notification, isTold && eventId !== null ? eventId(update.seq) : null);
  };
}
