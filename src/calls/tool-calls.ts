import { isDeepStrictEqual } from 'node:util';
import { callScope } from '../access/caller.ts';
import { assertScopes } from '../access/not-allowed.ts';
import type { Job } from '../jobs/job.ts';
import type { JsonObject } from '../lib/json.ts';
import { hasUnstorable, makeStorable, storableText } from '../lib/storable.ts';
import type { Tool } from '../tools/tool.ts';
import type { Client } from './client.ts';

export interface ToolCall {
  readonly client: Client;
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

/**
 * Makes a job of a tool call, for every front: checks what the caller may do, its limits and the
 * arguments, and submits the job, which is durable once this resolves.
 *
 * @throws NotAllowed, LimitReached, BrokerUnavailable or Overloaded, with nothing submitted;
 *   StoreUnavailable, with nothing submitted unless the connection broke between the commit and its
 *   answer
 */
export async function startCall(call: ToolCall): Promise<StartedCall> {
  const { client, tool, arguments: given, headers, jobId = null } = call;
  const { caller, jobs, admission } = client;
  assertMayCall(client, tool);
  const { owner } = caller;
  const limited = owner !== null && admission !== null;
  if (limited) admission.takeCall(owner);
  const checked = tool.checkArguments(given ?? {});
  if (!checked.ok) return checked;
  const faults = storageFaults(checked.arguments);
  if (faults.length > 0) return { ok: false, faults };
  if (limited) await admission.takeJob(owner);
  const job = await jobs.submit({
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

/** @throws NotAllowed, naming all scopes that a call of the tool takes */
export function assertMayCall({ caller }: Client, { scopes }: Tool): void {
  if (caller.scheme !== 'open') assertScopes(caller, [callScope, ...scopes]);
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
