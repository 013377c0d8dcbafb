import type { Job, JobState, Reason } from '../jobs/job.ts';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Tool } from '../tools/tool.ts';
import { blockTypes } from './content-block.ts';
import { ownResult, type CallToolResult, type ResultForm } from './own-result.ts';

export type { CallToolResult, ResultForm };

export type CallOutcome =
  | { readonly kind: 'result'; readonly result: CallToolResult }
  /** No actor could do the work. So there is no result, not even one with an error. */
  | { readonly kind: 'failure'; readonly failure: CallFailure };

/** Why no actor could do the work of a call. */
export interface CallFailure {
  /** One sentence for humans. */
  readonly message: string;
  readonly jobId: string;
  readonly reason: Reason | null;
}

/** What every reader since 2025-06-18 takes. */
export const commonForm: ResultForm = { structured: 'object', blockTypes };

/** What readers of 2026-07-28 take. */
export const newestForm: ResultForm = { structured: 'any', blockTypes };

/**
 * What a finished job means to its caller. It is the same by whatever way the job is read.
 *
 * @throws TypeError if the job is not finished
 */
export function callResult(job: JobState, form = commonForm): CallOutcome {
  switch (job.status) {
    case 'Succeeded':
      return {
        kind: 'result',
        result: ownResult(job.result, form) ?? dataResult(job.result, form),
      };
    case 'Failed':
      return isInfrastructure(job.reason)
        ? { kind: 'failure', failure: infrastructureFailure(job) }
        : { kind: 'result', result: failureResult(job) };
    case 'Cancelled':
      return { kind: 'result', result: failureResult(job) };
    case 'Pending':
    case 'Running':
    case 'InputRequired':
      throw new TypeError(`job ${job.id} is ${job.status} and has no outcome yet`);
  }
}

/** Tells a caller that does not wait for its job where to follow it. */
function jobHandle(job: Pick<Job, 'id'>, tool: Tool | null): JsonObject {
  return {
    job_id: job.id,
    // Its name to clients of Asya's second generation; the first reads the id from the message.
    envelope_id: job.id,
    message: `Job created successfully with ID: ${job.id}`,
    status_url: `/jobs/${job.id}`,
    ...(tool?.progress === true && { stream_url: `/jobs/${job.id}/stream` }),
    ...(tool !== null && tool.metadata !== null && { metadata: tool.metadata }),
  };
}

/**
 * @param tool the job's tool; null: it is not on offer any more
 * @param advice a sentence for the model, beside the handle
 */
export function handleResult(
  job: Pick<Job, 'id'>,
  tool: Tool | null,
  advice: string | null = null,
): CallToolResult {
  const result = objectResult(jobHandle(job, tool));
  return advice === null ? result : { ...result, content: [...result.content, textBlock(advice)] };
}

/** An object as structured content and as text, for clients that read only one of them. */
export function objectResult(object: JsonObject): CallToolResult {
  return {
    content: [textBlock(JSON.stringify(object))],
    structuredContent: object,
    isError: false,
  };
}

/** A result that tells the model what was wrong, so that it can do better. */
export function errorResult(text: string): CallToolResult {
  return { content: [textBlock(text)], isError: true };
}

/** Names every fault of a call's arguments. */
export function faultsResult(tool: string, faults: readonly string[]): CallToolResult {
  return errorResult(`Invalid arguments for ${tool}: ${faults.join('; ')}`);
}

/** Any JSON, as text and, where it may be, as structured content. */
function dataResult(data: Json, { structured }: ResultForm): CallToolResult {
  return {
    content: [textBlock(typeof data === 'string' ? data : JSON.stringify(data))],
    ...((structured === 'any' || isJsonObject(data)) && { structuredContent: data }),
    isError: false,
  };
}

function failureResult(job: JobState): CallToolResult {
  const error = job.error ?? (job.status === 'Cancelled' ? 'job cancelled' : 'job failed');
  return {
    content: [textBlock(error)],
    structuredContent: {
      job_id: job.id,
      reason: job.reason,
      error,
      ...(job.errorDetails !== null && { error_details: job.errorDetails }),
    },
    isError: true,
  };
}

function infrastructureFailure({ id, error, reason }: JobState): CallFailure {
  return { message: error ?? `job failed: ${reason}`, jobId: id, reason };
}

function isInfrastructure(reason: Reason | null): boolean {
  return reason === 'Unroutable' || reason === 'PublishFailed' || reason === 'HeartbeatLost';
}

function textBlock(text: string): JsonObject {
  return { type: 'text', text };
}
