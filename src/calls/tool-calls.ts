import { isDeepStrictEqual } from 'node:util';
import type { ClientJobs } from '../jobs/client-jobs.ts';
import type { Job } from '../jobs/job.ts';
import type { JsonObject } from '../lib/json.ts';
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

/** Makes jobs of tool calls, for every front. */
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
