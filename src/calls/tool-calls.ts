import { isDeepStrictEqual } from 'node:util';
import type { ClientJobs } from '../jobs/client-jobs.ts';
import { isFinal, type Job, type JobUpdate } from '../jobs/job.ts';
import type { JsonObject } from '../lib/json.ts';
import { callAfter } from '../lib/timer.ts';
import { hasUnstorable, makeStorable, storableText } from '../lib/storable.ts';
import type { Tool } from '../tools/tool.ts';

export interface ToolCall {
  readonly tool: Tool;
  /** As the caller gave them; null and undefined mean none. */
  readonly arguments: unknown;
  /** Travel with the envelope to the actors: what `traceHeaders` picked, never credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** The job's id, unless a job has it already. Default: one that was never used. */
  readonly jobId?: string | null;
}

export type StartedCall =
  | { readonly ok: true; readonly job: Job }
  /** Each fault is a sentence that names the argument by its path. */
  | { readonly ok: false; readonly faults: readonly string[] };

export interface WaitOptions {
  /** Longest wait in milliseconds; null: as long as the job takes. */
  readonly timeoutMs: number | null;
  /** Ends the wait, not the job. */
  readonly signal: AbortSignal;
  /** Updates with a greater seq are told. Default 0: all of them. */
  readonly after?: number;
  /** Told every update in order, the final one included; the next one waits for it. */
  readonly onUpdate?: (update: JobUpdate) => Promise<void>;
}

export interface UpdateOptions extends WaitOptions {
  /** Whether the wait is over with this update. */
  readonly until: (update: JobUpdate) => boolean;
}

/** A tool call becomes a job, and a job's outcome is waited for: what every front does with a call. */
export class ToolCalls {
  readonly #jobs: ClientJobs;

  constructor(jobs: ClientJobs) {
    this.#jobs = jobs;
  }

  /**
   * Checks the arguments and submits the job, which is durable once this resolves.
   *
   * @throws BrokerUnavailable or Overloaded, with nothing submitted; StoreUnavailable, with nothing
   *   submitted unless the connection broke between the commit and its answer
   */
  async call({ tool, arguments: given, headers, jobId = null }: ToolCall): Promise<StartedCall> {
    const checked = tool.checkArguments(given ?? {});
    if (!checked.ok) return checked;
    const faults = storageFaults(checked.arguments);
    if (faults.length > 0) return { ok: false, faults };
    const job = await this.#jobs.submit({
      id: jobId,
      tool: tool.name,
      steps: tool.steps,
      payload: checked.arguments,
      metadata: tool.metadata,
      headers,
      timeoutSeconds: tool.timeoutSeconds,
      heartbeatTimeoutSeconds: tool.heartbeatTimeoutSeconds,
      inputTimeoutSeconds: tool.inputTimeoutSeconds,
    });
    return { ok: true, job };
  }

  /**
   * Waits until a job is finished.
   *
   * @returns the finished job; null if time ran out, the signal aborted or no such job exists
   * @throws StoreUnavailable
   */
  async awaitOutcome(jobId: string, options: WaitOptions): Promise<Job | null> {
    const last = await this.awaitUpdate(jobId, { ...options, until: isOutcome });
    if (last === null) return null;
    const job = await this.#jobs.get(jobId);
    return job !== null && isFinal(job.status) ? job : null;
  }

  /**
   * Waits for the first update that will do.
   *
   * @returns it, or `over` if none can come: the job was finished before the wait began, or is
   *   unknown; null if time ran out or the signal aborted
   * @throws StoreUnavailable
   */
  async awaitUpdate(jobId: string, options: UpdateOptions): Promise<JobUpdate | 'over' | null> {
    const { timeoutMs, signal, after = 0, onUpdate, until } = options;
    // AbortSignal.timeout would keep its timer, and this call with it, long after a quick outcome.
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    const stopTimer = callAfter(timeoutMs ?? Infinity, abort);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      for await (const updates of this.#jobs.watch(jobId, { after, signal: stop.signal })) {
        for (const update of updates) {
          await onUpdate?.(update);
          if (until(update)) return update;
        }
      }
      return stop.signal.aborted ? null : 'over';
    } finally {
      stopTimer();
      signal.removeEventListener('abort', abort);
    }
  }
}

function isOutcome({ status }: JobUpdate): boolean {
  return isFinal(status);
}

/** Arguments are kept with the job, as they are or not at all. */
function storageFaults(given: JsonObject): string[] {
  if (!hasUnstorable(JSON.stringify(given))) return [];
  return Object.entries(given)
    .filter(
      ([name, value]) => !isDeepStrictEqual(makeStorable({ [name]: value }), { [name]: value }),
    )
    .map(([name]) => `${storableText(name)} must not hold U+0000 or half a surrogate pair`);
}

/**
 * The caller's trace context (W3C Trace Context), if it sent one.
 *
 * @param carrier HTTP headers, or a message's `_meta`
 */
export function traceHeaders(carrier: Readonly<Record<string, unknown>>): Record<string, string> {
  const { traceparent, tracestate } = carrier;
  if (typeof traceparent !== 'string' || !traceparentFormat.test(traceparent)) return {};
  if (typeof tracestate !== 'string' || tracestate.length > maxTracestate) return { traceparent };
  return { traceparent, tracestate };
}

/** Of version 00 or later ones, which may add to it; ids of zeros alone are invalid (section 3.2). */
const traceparentFormat =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-[\w-]{1,200})?$/;

/** Characters that must be passed on at least (W3C Trace Context, section 3.3.1.5). */
const maxTracestate = 512;
