import type { IncomingHttpHeaders } from 'node:http';
import Type, { type Static } from 'typebox';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { StoreUnavailable } from '../../jobs/ports/job-store.ts';
import type { Job } from '../../jobs/job.ts';
import { goneSignal } from '../../lib/gone-signal.ts';
import {
  callResult,
  faultsResult,
  handleResult,
  type CallToolResult,
} from '../../calls/call-result.ts';
import { waitForOutcome, type WaitOptions } from '../../calls/job-wait.ts';
import { isKnown, type Client } from '../../calls/client.ts';
import { startCall, traceHeaders } from '../../calls/tool-calls.ts';
import type { ToolBox } from '../../tools/tool.ts';
import { preferredWait } from './prefer.ts';
import { Problem } from '../problem.ts';
import { route } from '../route.ts';

const callBody = Type.Object({
  name: Type.String(),
  // They may be of any type here, because the tool's own check tells what is wrong with them.
  arguments: Type.Optional(Type.Unknown()),
});

export interface ToolRouteParts {
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  readonly closing: AbortSignal;
}

/** Calls a tool without MCP. The response is the job handle, or the result if the caller waits for it. */
export function callTool(parts: ToolRouteParts) {
  return route({
    schema: { body: callBody },
    handler: async (request, reply) => {
      const begun = await begin(request, parts);
      if (begun.kind === 'refused') return begun.result;
      if (begun.isRepeat) reply.header('idempotent-replayed', 'true');

      const seconds = preferredWait(request.headers['prefer']);
      if (seconds === null) return begun.handle;

      reply.header('preference-applied', `wait=${seconds}`);
      // Fastify would keep the arguments for as long as the call is waited for.
      (request as { body: unknown }).body = undefined;
      const { jobs } = request.client;
      const { closing } = parts;
      const finished = await outcomeWithin(jobs, begun.jobId, {
        timeoutMs: seconds * 1_000,
        stopOn: [closing, goneSignal(reply.raw)],
      });
      return finished === null ? begun.handle : resultOf(finished);
    },
  });
}

/** What a wait for the call has to know of it. The job itself can be large, so it is not held. */
type BegunCall =
  | {
      readonly kind: 'begun';
      readonly jobId: string;
      readonly isRepeat: boolean;
      readonly handle: CallToolResult;
    }
  | { readonly kind: 'refused'; readonly result: CallToolResult };

interface CallRequest {
  readonly body: Static<typeof callBody>;
  readonly headers: IncomingHttpHeaders;
  readonly client: Client;
}

async function begin(
  { body, headers, client }: CallRequest,
  { tools }: ToolRouteParts,
): Promise<BegunCall> {
  const tool = tools().find(body.name);
  if (tool === null || !isKnown(tool, client)) {
    throw new Problem(404, 'tool_not_found', `no tool is named ${body.name}`);
  }
  const started = await startCall({
    client,
    tool,
    arguments: body.arguments,
    headers: traceHeaders(headers),
    idempotencyKey: headers['idempotency-key'],
  });
  if (!started.ok) return { kind: 'refused', result: faultsResult(tool.name, started.faults) };
  const { job, isRepeat } = started;
  return { kind: 'begun', jobId: job.id, isRepeat, handle: handleResult(job, tool) };
}

/** Null: no result in time, or the store is away. The job exists, so an outage ends the wait alone. */
async function outcomeWithin(
  jobs: ClientJobs,
  jobId: string,
  options: WaitOptions,
): Promise<Job | null> {
  try {
    return await waitForOutcome(jobs, jobId, options);
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
