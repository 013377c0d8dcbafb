import { LimitReached } from '../../access/limit-reached.ts';
import { assertRight } from '../../access/not-allowed.ts';
import {
  errorResult,
  faultsResult,
  handleResult,
  type CallOutcome,
  type CallToolResult,
} from '../../calls/call-result.ts';
import { isKnown, isOffered, type Client } from '../../calls/client.ts';
import {
  assertMayCall,
  startCall,
  traceHeaders,
  type StartedCall,
} from '../../calls/tool-calls.ts';
import type { Job } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TaskSupport, Tool, ToolBox } from '../../tools/tool.ts';
import { invalidParams } from '../rpc/failure.ts';
import type { RpcRequest } from '../rpc/json-rpc.ts';
import { idempotencyKeyKey } from '../rpc/meta-keys.ts';
import { metaOf, progressTokenOf } from '../rpc/progress.ts';
import type { PendingReply, Reply } from '../rpc/reply.ts';
import type { Asker } from './asker.ts';
import { callReply } from './call-reply.ts';
import type { CallWait } from './call-wait.ts';
import type { McpCaller } from './caller.ts';
import { jobTools, type JobTool } from './job-tools.ts';
import { toolDefinition, type ToolDefinition } from '../../calls/tool-listing.ts';
import { beginWait, type WaitForJob } from './waited-call.ts';

export interface ToolMethodsParts {
  /** The tools on offer at the moment. */
  readonly tools: () => ToolBox;
  readonly callWait: CallWait;
  readonly config: {
    /** Whether the gateway's own tools are offered beside those of the file. */
    readonly jobTools: boolean;
    /** How long a finished job is kept; 0: for ever. */
    readonly jobRetentionSeconds: number;
  };
  readonly clock: Clock;
}

export interface CallOptions {
  /** How the caller is asked what the call's job asks. */
  readonly asker: Asker;
  /** Works out the id that the job gets while the call waits for it, unless a job has it; null: any. */
  readonly jobId: (() => string) | null;
}

/** `tools/list` and `tools/call`, as far as they are alike in every protocol version. */
export class ToolMethods {
  readonly #parts: ToolMethodsParts;
  readonly #jobTools: ReadonlyMap<string, JobTool>;

  constructor(parts: ToolMethodsParts) {
    const { tools, config } = parts;
    this.#parts = parts;
    const offered = config.jobTools
      ? jobTools({ tools, retentionSeconds: config.jobRetentionSeconds })
      : [];
    this.#jobTools = new Map(offered.map((tool) => [tool.definition.name, tool]));
  }

  /**
   * The tools of the file that the client may call, then those of the gateway itself.
   *
   * @param withTaskSupport whether the caller has to know which ones may be called as a task
   * @throws NotAllowed
   */
  list(withTaskSupport: boolean, client: Client): ToolDefinition[] {
    const own = this.#jobTools.values().map(({ definition }) => definition);
    assertRight(client.caller, 'read');
    const listed = this.#parts
      .tools()
      .list()
      .filter((tool) => isOffered(tool, client));
    return [...listed.map((tool) => toolDefinition(tool, withTaskSupport)), ...own];
  }

  /**
   * The tool of the file that a call names; null: there is none for this client.
   *
   * @throws NotAllowed, naming all scopes that the call takes
   */
  toolOf({ params: { name } }: RpcRequest, client: Client): Tool | null {
    const tool = typeof name === 'string' ? this.#parts.tools().find(name) : null;
    if (tool === null || !isKnown(tool, client)) return null;
    assertMayCall(client, tool);
    return tool;
  }

  /** Whether a call can go on as a task; null: there is no such tool. */
  taskSupportOf(request: RpcRequest, client: Client): TaskSupport | null {
    const { name } = request.params;
    // The gateway's own tools reply at once, or wait for a job that there is already.
    if (typeof name === 'string' && this.#jobTools.has(name)) return 'forbidden';
    return this.toolOf(request, client)?.taskSupport ?? null;
  }

  /**
   * Begins a call whose job is durable once this resolves.
   *
   * @param jobId the id of the job, unless a job has it already; null: any
   * @throws NotAllowed, LimitReached, StoreUnavailable, BrokerUnavailable or Overloaded
   */
  start(
    tool: Tool,
    { params }: RpcRequest,
    { client, headers }: McpCaller,
    jobId: string | null = null,
  ): Promise<StartedCall> {
    const meta = metaOf(params);
    return startCall({
      client,
      tool,
      arguments: params['arguments'],
      // In the message, or else in its headers (MCP 2026-07-28, basic, "OpenTelemetry trace context").
      headers: traceHeaders(meta['traceparent'] === undefined ? headers : meta),
      jobId,
      idempotencyKey: meta[idempotencyKeyKey],
    });
  }

  /** @throws NotAllowed, LimitReached, StoreUnavailable, BrokerUnavailable or Overloaded */
  async call(request: RpcRequest, caller: McpCaller, options: CallOptions): Promise<Reply> {
    const { name } = request.params;
    if (typeof name !== 'string') return invalidParams(request, 'params.name must be a string');
    if (!progressTokenOf(request.params).ok) {
      return invalidParams(request, 'params._meta.progressToken must be a string or an integer');
    }
    const jobTool = this.#jobTools.get(name);
    if (jobTool !== undefined) {
      const step = await jobTool.call(request.params['arguments'], caller);
      return this.#replyTo(step, request, caller, { asker: options.asker, ownsJob: false });
    }
    const tool = this.toolOf(request, caller.client);
    if (tool === null) return invalidParams(request, `Unknown tool: ${name}`);
    const step = await this.#begin(tool, request, caller, options);
    // A call with a key is made again after its connection broke, so that must not cancel its job.
    const ownsJob = (metaOf(request.params)[idempotencyKeyKey] ?? null) === null;
    return this.#replyTo(step, request, caller, { asker: options.asker, ownsJob });
  }

  /** The reply to a call that is made again, whose job there is already. */
  callAgain(
    job: Job,
    tool: Tool,
    request: RpcRequest,
    caller: McpCaller,
    asker: Asker,
  ): PendingReply {
    return this.#wait(waitOf(job, tool), request, caller, { asker, ownsJob: true });
  }

  async #begin(
    tool: Tool,
    request: RpcRequest,
    caller: McpCaller,
    { jobId }: CallOptions,
  ): Promise<CallOutcome | WaitForJob> {
    // Once the handle is sent, there is no request left to cancel.
    const ownId = tool.mode === 'handle' || jobId === null ? null : jobId();
    let started: StartedCall;
    try {
      started = await this.start(tool, request, caller, ownId);
    } catch (error) {
      // A model can do something about its own jobs, and reads no error of the protocol.
      if (!(error instanceof LimitReached) || error.code !== 'too_many_jobs') throw error;
      return result(errorResult(error.message));
    }
    if (!started.ok) return result(faultsResult(tool.name, started.faults));
    const { job } = started;
    return tool.mode === 'handle' ? result(handleResult(job, tool)) : waitOf(job, tool);
  }

  #replyTo(
    step: CallOutcome | WaitForJob,
    request: RpcRequest,
    caller: McpCaller,
    options: WaitStrategy,
  ): Reply {
    return step.kind === 'wait'
      ? this.#wait(step, request, caller, options)
      : callReply(request.id, step);
  }

  #wait(
    wait: WaitForJob,
    request: RpcRequest,
    caller: McpCaller,
    options: WaitStrategy,
  ): PendingReply {
    const { callWait, clock } = this.#parts;
    return callWait.pending(beginWait(wait, request, caller, { ...options, now: clock() }), caller);
  }
}

interface WaitStrategy {
  readonly asker: Asker;
  readonly ownsJob: boolean;
}

function waitOf(job: Job, { mode, waitSeconds }: Tool): WaitForJob {
  const patience = mode === 'wait' ? null : { ms: waitSeconds * 1_000, instead: 'handle' as const };
  return { kind: 'wait', job, patience };
}

function result(given: CallToolResult): CallOutcome {
  return { kind: 'result', result: given };
}
