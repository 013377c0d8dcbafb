import { callScope } from '../access/caller.ts';
import { assertScopes } from '../access/not-allowed.ts';
import { idOfKey, keyFault } from '../jobs/idempotency.ts';
import type { Job } from '../jobs/job.ts';
import type { Tool } from '../tools/tool.ts';
import { CallRefused } from './call-refused.ts';
import { limitsOn, type Client } from './client.ts';
import { checkedPayload, submissionOf } from './tool-submission.ts';

export interface ToolCall {
  readonly client: Client;
  readonly tool: Tool;
  /** As the caller gave them; null and undefined mean none. */
  readonly arguments: unknown;
  /** Travel with the envelope to the actors: what `traceHeaders` picked, never credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** The job's id, unless a job has it already. Default: one that was never used. */
  readonly jobId?: string | null;
  /**
   * A text of 1 to 255 bytes by which the caller can repeat the call and still have one job. As the
   * caller sent it, which may be anything. Default: null, none.
   */
  readonly idempotencyKey?: unknown;
}

export type StartedCall =
  /** `isRepeat`: an earlier call with the same idempotency key made the job. */
  | { readonly ok: true; readonly job: Job; readonly isRepeat: boolean }
  /** Each fault is a sentence that names the argument by its path. */
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Makes a job of a tool call, for every front: checks what the caller may do, its limits and the
 * arguments, and submits the job, which is durable once this resolves. Calls of an owner with the same
 * idempotency key make one job.
 *
 * @throws NotAllowed, LimitReached, CallRefused, BrokerUnavailable or Overloaded, with nothing
 *   submitted; StoreUnavailable, with nothing submitted unless the connection broke between the commit
 *   and its confirmation
 */
export async function startCall(call: ToolCall): Promise<StartedCall> {
  const { client, tool, headers, jobId = null, idempotencyKey: key = null } = call;
  const { jobs } = client;
  assertMayCall(client, tool);
  if (key !== null) assertKey(key);
  const limits = limitsOn(client);
  limits?.takeCall();
  const checked = checkedPayload(tool, call.arguments);
  // Arguments that do not fit make no job, so the key stays free.
  if (!checked.ok) return checked;
  if (limits !== null) await limits.takeJob();
  const submission = submissionOf(tool, checked.arguments, headers);
  if (key === null) {
    return { ok: true, job: await jobs.submit({ ...submission, id: jobId }), isRepeat: false };
  }
  const { kind, job } = await jobs.submitOnce(idOfKey(client.caller.owner, key), submission);
  if (kind === 'mismatch') throw CallRefused.reusedKey(job.id);
  return { ok: true, job, isRepeat: kind === 'existing' };
}

/** @throws NotAllowed, naming all scopes that a call of the tool takes */
export function assertMayCall({ caller }: Client, { scopes }: Tool): void {
  if (caller.scheme !== 'open') assertScopes(caller, [callScope, ...scopes]);
}

/** @throws CallRefused */
function assertKey(key: unknown): asserts key is string {
  const fault = keyFault(key);
  if (fault !== null) throw CallRefused.invalidKey(fault);
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
