import type { IncomingHttpHeaders } from 'node:http';
import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { answerOf } from './call-answer.ts';
import { isFinal, type Job } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { TaskSupport, Tool, ToolBox } from '../../tools/tool.ts';
import { ready, type Answer, type PendingAnswer } from '../rpc/reply.ts';
import { AwaitedCalls, type AwaitedCall, type StreamTerms } from './awaited-call.ts';
import {
  callResult,
  faultsResult,
  handleResult,
  type CallOutcome,
  type CallToolResult,
  type ResultForm,
} from '../../calls/call-result.ts';
import type { CallStream, Instead } from './call-stream.ts';
import { jobTools, statusResult, type JobTool } from './job-tools.ts';
import { errorResponse, rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';
import { metaOf, progressTokenOf } from '../rpc/progress.ts';
import { traceHeaders, type StartedCall, type ToolCalls } from '../../calls/tool-calls.ts';
import { toolDefinition, type ToolDefinition } from './tool-listing.ts';

export interface ToolMethodsParts {
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  readonly jobs: ClientJobs;
  readonly toolCalls: ToolCalls;
  readonly config: {
    /** Whether the gateway's own tools are offered beside those of the file. */
    readonly jobTools: boolean;
    /** How long a finished job is kept; 0: for ever. */
    readonly jobRetentionSeconds: number;
  };
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the gateway drains: waits end. */
  readonly closing: AbortSignal;
}

export interface CallTerms extends StreamTerms {
  readonly headers: IncomingHttpHeaders;
  /** Works out the id of the job while the call waits for it, if no job has it already; null: any. */
  readonly jobId: (() => string) | null;
}

/** `tools/list` and `tools/call`, which are alike in every protocol version. */
export class ToolMethods {
  readonly #parts: ToolMethodsParts;
  readonly #jobTools: ReadonlyMap<string, JobTool>;
  readonly #awaitedCalls: AwaitedCalls;

  constructor(parts: ToolMethodsParts) {
    const { jobs, tools, config } = parts;
    this.#parts = parts;
    this.#awaitedCalls = new AwaitedCalls({
      ...parts,
      instead: (...args) => this.#instead(...args),
    });
    const offered = config.jobTools
      ? jobTools({ jobs, tools, retentionSeconds: config.jobRetentionSeconds })
      : [];
    this.#jobTools = new Map(offered.map((tool) => [tool.definition.name, tool]));
  }

  /**
   * The tools of the file, then those of the gateway itself.
   *
   * @param withTaskSupport whether the caller has to know which ones may be called as a task
   */
  list(withTaskSupport: boolean): ToolDefinition[] {
    const own = this.#jobTools.values().map(({ definition }) => definition);
    const listed = this.#parts.tools().list();
    return [...listed.map((tool) => toolDefinition(tool, withTaskSupport)), ...own];
  }

  /** The tool of the file that a call names; null: there is none. */
  toolOf({ params: { name } }: RpcRequest): Tool | null {
    return typeof name === 'string' ? this.#parts.tools().find(name) : null;
  }

  /** Whether a call can go on as a task; null: there is no such tool. */
  taskSupportOf(request: RpcRequest): TaskSupport | null {
    const { name } = request.params;
    // The gateway's own tools are answered at once, or wait for a job that there is already.
    if (typeof name === 'string' && this.#jobTools.has(name)) return 'forbidden';
    return this.toolOf(request)?.taskSupport ?? null;
  }

  /**
   * Begins a call whose job is durable once this resolves.
   *
   * @param jobId the id of the job, if no job has it already; null: any
   * @throws StoreUnavailable, BrokerUnavailable or Overloaded
   */
  start(
    tool: Tool,
    { params }: RpcRequest,
    headers: IncomingHttpHeaders,
    jobId: string | null = null,
  ): Promise<StartedCall> {
    const meta = metaOf(params);
    return this.#parts.toolCalls.call({
      tool,
      arguments: params['arguments'],
      // In the message, or else in its headers (MCP 2026-07-28, basic, "OpenTelemetry trace context").
      headers: traceHeaders(meta['traceparent'] === undefined ? headers : meta),
      jobId,
    });
  }

  /** @throws StoreUnavailable, BrokerUnavailable or Overloaded */
  async call(request: RpcRequest, terms: CallTerms): Promise<Answer> {
    const { name } = request.params;
    if (typeof name !== 'string') return invalid(request, 'params.name must be a string');
    if (!progressTokenOf(request.params).ok) {
      return invalid(request, 'params._meta.progressToken must be a string or an integer');
    }
    const step = await this.#begin(name, request, terms);
    if (step === null) return invalid(request, `Unknown tool: ${name}`);
    return step.kind === 'awaited' ? this.await(step, request, terms) : answerOf(request.id, step);
  }

  /** The answer to a call whose job there is already. */
  callAgain(job: Job, tool: Tool, request: RpcRequest, terms: StreamTerms): PendingAnswer {
    return this.await(awaitedCall(job, tool), request, terms);
  }

  /** The answer to a request that is answered with a job's outcome. */
  await(call: AwaitedCall, { id, params }: RpcRequest, terms: StreamTerms): PendingAnswer {
    const progress = progressTokenOf(params);
    const progressToken = progress.ok ? progress.token : null;
    return this.#awaitedCalls.begin(call, { requestId: id, progressToken }, terms);
  }

  /** Goes on with the stream of a call that any replica began; see `AwaitedCalls.resume`. */
  resume(job: Job, stream: CallStream, after: number, terms: StreamTerms): Answer {
    return this.#awaitedCalls.resume(job, stream, after, terms);
  }

  /** Null: there is no such tool. */
  async #begin(
    name: string,
    request: RpcRequest,
    { headers, jobId, form }: CallTerms,
  ): Promise<CallOutcome | AwaitedCall | null> {
    const jobTool = this.#jobTools.get(name);
    if (jobTool !== undefined) return jobTool.call(request.params['arguments'], form);

    const tool = this.toolOf(request);
    if (tool === null) return null;
    // A handle is the answer already: there is no request left to cancel.
    const ownId = tool.mode === 'handle' || jobId === null ? null : jobId();
    const started = await this.start(tool, request, headers, ownId);
    if (!started.ok) return result(faultsResult(name, started.faults));
    const { job } = started;
    return tool.mode === 'handle' ? result(handleResult(job, tool)) : awaitedCall(job, tool);
  }

  async #instead(job: Job, kind: Instead, form: ResultForm): Promise<CallOutcome> {
    const latest = (await this.#parts.jobs.get(job.id)) ?? job;
    switch (kind) {
      case 'handle':
        return result(handleResult(job, this.#toolOfJob(job), this.#advice(latest)));
      case 'status': {
        return isFinal(latest.status) ? callResult(latest, form) : statusResult(latest);
      }
    }
  }

  #toolOfJob({ tool }: Job): Tool | null {
    return tool === null ? null : this.#parts.tools().find(tool);
  }

  #advice({ id, tool, status, message }: Job): string | null {
    if (status === 'InputRequired') {
      return `${message} (it goes on once this is answered by POST /jobs/${id}/input)`;
    }
    if (!this.#jobTools.has('job_wait')) return null;
    return `${tool} is still at work: call job_wait with this job_id to get its result.`;
  }
}

function awaitedCall(job: Job, { mode, waitSeconds }: Tool): AwaitedCall {
  const patience = mode === 'wait' ? null : { ms: waitSeconds * 1_000, instead: 'handle' as const };
  return { kind: 'awaited', job, patience };
}

function invalid({ id }: RpcRequest, message: string): Answer {
  return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
}

function result(given: CallToolResult): CallOutcome {
  return { kind: 'result', result: given };
}
