import Type from 'typebox';
import { StoreUnavailable } from '../jobs/job-store.ts';
import type { Job } from '../jobs/job.ts';
import { goneSignal } from '../lib/gone-signal.ts';
import {
  callResult,
  faultsResult,
  handleResult,
  type CallToolResult,
} from '../calls/call-result.ts';
import { traceHeaders, type ToolCalls } from '../calls/tool-calls.ts';
import type { ToolBox } from '../tools/tool.ts';
import { preferredWait } from './prefer.ts';
import { Problem } from './problem.ts';
import { route } from './route.ts';

const callBody = Type.Object({
  name: Type.String(),
  // Of any kind: what is wrong with them is for the tool to say.
  arguments: Type.Optional(Type.Unknown()),
});

export interface ToolRouteParts {
  readonly toolCalls: ToolCalls;
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  readonly closing: AbortSignal;
}

/** A tool call without MCP: the job handle, or the result if the caller prefers to wait for it. */
export function callTool({ toolCalls, tools, closing }: ToolRouteParts) {
  return route({
    schema: { body: callBody },
    handler: async ({ body, headers }, reply) => {
      const tool = tools().find(body.name);
      if (tool === null) throw new Problem(404, 'tool_not_found', `no tool is named ${body.name}`);

      const started = await toolCalls.call({
        tool,
        arguments: body.arguments,
        headers: traceHeaders(headers),
      });
      if (!started.ok) return faultsResult(tool.name, started.faults);

      const seconds = preferredWait(headers['prefer']);
      if (seconds === null) return handleResult(started.job, tool);

      reply.header('preference-applied', `wait=${seconds}`);
      const signal = AbortSignal.any([closing, goneSignal(reply.raw)]);
      const finished = await outcomeWithin(toolCalls, started.job.id, seconds * 1_000, signal);
      return finished === null ? handleResult(started.job, tool) : resultOf(finished);
    },
  });
}

/** The job is there whatever happens to the wait for it, so an outage then costs the wait alone. */
async function outcomeWithin(
  toolCalls: ToolCalls,
  jobId: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Job | null> {
  try {
    return await toolCalls.awaitOutcome(jobId, { timeoutMs, signal });
  } catch (error) {
    if (error instanceof StoreUnavailable) return null;
    throw error;
  }
}

function resultOf(job: Job): CallToolResult {
  const outcome = callResult(job);
  if (outcome.kind === 'result') return outcome.result;
  throw new Problem(502, 'work_not_possible', outcome.failure.message, {
    members: { job_id: job.id, reason: job.reason },
  });
}
