import type { JobState } from '../../jobs/job.ts';
import { answerable, type ClientCapability } from '../calls/client-capabilities.ts';
import { callResult, newestForm, type CallToolResult } from '../../calls/call-result.ts';
import { rpcErrorOf } from '../calls/call-reply.ts';
import type { RpcError } from '../rpc/json-rpc.ts';
import { lifetimeMs, pollIntervalMs, taskFacts, type TaskFacts } from '../calls/task-facts.ts';

/** A task with its result, its error or its questions (Tasks extension, "Task Status", `DetailedTask`). */
export type ModernTask = TaskFacts &
  ModernStatus & {
    readonly ttlMs: number | null;
    readonly pollIntervalMs: number;
  };

type ModernStatus =
  | { readonly status: 'working' | 'cancelled' }
  | { readonly status: 'input_required'; readonly inputRequests: object }
  | { readonly status: 'completed'; readonly result: CompleteResult }
  /** The call came to a JSON-RPC error. What a tool itself says of a failure is a result. */
  | { readonly status: 'failed'; readonly error: RpcError };

/** What the call itself would have come to. */
type CompleteResult = CallToolResult & { readonly resultType: 'complete' };

/**
 * @param retentionSeconds how long a finished job is kept; 0: for ever
 * @param capabilities of the client. It is not shown requests that it could not answer
 */
export function modernTask(
  job: JobState,
  retentionSeconds: number,
  capabilities: readonly ClientCapability[],
): ModernTask {
  return {
    ...taskFacts(job),
    ttlMs: lifetimeMs(job, retentionSeconds),
    pollIntervalMs,
    ...statusOf(job, capabilities),
  };
}

function statusOf(job: JobState, capabilities: readonly ClientCapability[]): ModernStatus {
  switch (job.status) {
    case 'Pending':
    case 'Running':
      return { status: 'working' };
    case 'InputRequired':
      return {
        status: 'input_required',
        inputRequests: answerable(job.input?.requests ?? {}, capabilities),
      };
    case 'Cancelled':
      return { status: 'cancelled' };
    case 'Succeeded':
    case 'Failed':
      return outcomeOf(job);
  }
}

function outcomeOf(job: JobState): ModernStatus {
  const outcome = callResult(job, newestForm);
  return outcome.kind === 'result'
    ? { status: 'completed', result: { ...outcome.result, resultType: 'complete' } }
    : { status: 'failed', error: rpcErrorOf(outcome.failure) };
}
