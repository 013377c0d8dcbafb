import { faultsResult } from '../../calls/call-result.ts';
import type { Tool } from '../../tools/tool.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';
import {
  failedReply,
  invalidParams,
  refusal,
  thrownReply,
  type RpcFailure,
} from '../rpc/failure.ts';
import { rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';
import { supportedVersions } from '../rpc/protocol-version.ts';
import type { Reply } from '../rpc/reply.ts';
import type { ServerInfo } from '../rpc/server-info.ts';
import { modernCapabilities } from './capabilities.ts';
import { inputRoundOf, type InputRound } from './input-round.ts';
import { paramHeadersFault } from './param-headers.ts';
import {
  capabilitiesRequired,
  headerMismatch,
  readCaller,
  tasksRequired,
  type ModernCaller,
  type Sender,
} from './request.ts';
import { statedRequest, type RequestStates } from './request-state.ts';
import { ModernResults } from './results.ts';
import { RoundTripAsker } from './round-trip-asker.ts';
import { readFilter } from './subscription-filter.ts';
import { Subscriptions, type SubscriptionsParts } from './subscriptions.ts';
import { TaskCalls } from './task-calls.ts';
import { modernTask } from './task.ts';
import { ModernTasks } from './tasks.ts';

export interface ModernParts extends Omit<SubscriptionsParts, 'results' | 'retentionSeconds'> {
  readonly toolMethods: ToolMethods;
  readonly serverInfo: ServerInfo;
  readonly requestStates: RequestStates;
  readonly config: {
    /** How long a finished job is kept; 0: for ever. */
    readonly jobRetentionSeconds: number;
  };
}

type Method = (request: RpcRequest, caller: ModernCaller) => Reply | Promise<Reply>;

/**
 * Everybody is offered the same, so anybody may keep it; for a minute, because tools may change and
 * not every client listens for that (MCP 2026-07-28, caching).
 */
const cacheHints = { ttlMs: 60_000, cacheScope: 'public' } as const;

/** The methods of MCP 2026-07-28 and of its Tasks extension. */
export class ModernMethods {
  readonly #parts: ModernParts;
  readonly #results: ModernResults;
  readonly #taskCalls: TaskCalls;
  readonly #subscriptions: Subscriptions;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(parts: ModernParts) {
    const { config, serverInfo } = parts;
    const retentionSeconds = config.jobRetentionSeconds;
    const results = new ModernResults(serverInfo);
    const tasks = new ModernTasks({ results, retentionSeconds });
    this.#parts = parts;
    this.#results = results;
    this.#taskCalls = new TaskCalls({
      ...parts,
      created: (id, job) => results.task(id, modernTask(job, retentionSeconds, [])),
    });
    this.#subscriptions = new Subscriptions({ ...parts, results, retentionSeconds });
    this.#methods = new Map<string, Method>([
      ['server/discover', (request) => this.#discover(request)],
      ['tools/list', (request, caller) => this.#listTools(request, caller)],
      ['tools/call', (request, caller) => this.#callTool(request, caller)],
      ['subscriptions/listen', (request, caller) => this.#listen(request, caller)],
      ['tasks/get', ofTasks((request, caller) => tasks.get(request, caller))],
      ['tasks/update', ofTasks((request, caller) => tasks.update(request, caller))],
      ['tasks/cancel', ofTasks((request, caller) => tasks.cancel(request, caller))],
    ]);
  }

  /** Never rejects: whatever goes wrong becomes a reply, too. */
  async reply(request: RpcRequest, sender: Sender): Promise<Reply> {
    const { id, method: name } = request;
    const caller = readCaller(request, sender);
    if ('error' in caller) return failedReply(id, caller);
    const method = this.#methods.get(name);
    if (method === undefined) {
      return failedReply(id, refusal(404, `Unknown method: ${name}`, rpcCodes.methodNotFound));
    }
    try {
      return await method(request, caller);
    } catch (error) {
      return thrownReply(id, error, this.#parts.log);
    }
  }

  #discover({ id }: RpcRequest): Reply {
    const capabilities = modernCapabilities;
    return this.#results.complete(id, { supportedVersions, capabilities, ...cacheHints });
  }

  #listTools(request: RpcRequest, { client }: ModernCaller): Reply {
    const { cursor = null } = request.params;
    // All tools are on the first page, so no cursor was ever given out.
    if (cursor !== null) return invalidParams(request, 'params.cursor is not one of this server');
    const tools = this.#parts.toolMethods.list(false, client);
    // What one caller is offered, another may not even be told of.
    const isPublic = client.caller.scheme === 'open';
    const hints = isPublic ? cacheHints : { ...cacheHints, cacheScope: 'private' };
    return this.#results.complete(request.id, { tools, ...hints });
  }

  async #callTool(request: RpcRequest, caller: ModernCaller): Promise<Reply> {
    const read = inputRoundOf(request.params);
    if (!read.ok) return invalidParams(request, read.fault);
    const tool = this.#parts.toolMethods.toolOf(request, caller.client);
    const failure = tool === null ? null : refusalOfCall(tool, request, caller);
    return failure === null
      ? this.#callIn(read.round, tool, request, caller)
      : failedReply(request.id, failure);
  }

  /** @param tool null: it is one of the gateway's own, or there is none */
  async #callIn(
    round: InputRound,
    tool: Tool | null,
    request: RpcRequest,
    caller: ModernCaller,
  ): Promise<Reply> {
    const { requestStates: states, toolMethods } = this.#parts;
    const { client } = caller;
    const { jobs } = client;
    const { id, params } = request;
    const stated = statedRequest(params['name'], params['arguments']);
    const asker = new RoundTripAsker(
      { client, results: this.#results, states },
      { request: stated, capabilities: caller.capabilities, round },
    );
    const asTask = tool !== null && goesOnAsTask(tool, caller);
    // The gateway's own tools say by their arguments which job they are about.
    if (tool !== null && round.state !== null) {
      const jobId = states.read(round.state, stated, client.caller.owner);
      const job = jobId === null ? null : await jobs.get(jobId);
      if (job === null) {
        return invalidParams(request, 'params.requestState is not one of this request');
      }
      return asTask
        ? this.#taskCalls.resume(job, { id, tool, asker, jobs })
        : this.#results.completed(toolMethods.callAgain(job, tool, request, caller, asker));
    }
    if (!asTask) {
      return this.#results.completed(
        await toolMethods.call(request, caller, { asker, jobId: null }),
      );
    }
    const started = await toolMethods.start(tool, request, caller);
    if (!started.ok) return this.#results.complete(id, faultsResult(tool.name, started.faults));
    return this.#taskCalls.begin(started.job, { id, tool, asker, jobs });
  }

  #listen(request: RpcRequest, caller: ModernCaller): Reply | Promise<Reply> {
    const read = readFilter(request.params['notifications']);
    if (!read.ok) return invalidParams(request, read.fault);
    if (read.filter.taskIds !== null && !caller.holdsTasks) {
      return failedReply(request.id, tasksRequired());
    }
    return this.#subscriptions.open(request.id, read.filter, caller);
  }
}

/** Why a tool cannot be called so; null: it can. */
function refusalOfCall(
  tool: Tool,
  { params }: RpcRequest,
  { holdsTasks, capabilities, headers }: ModernCaller,
): RpcFailure | null {
  const fault = paramHeadersFault(tool.inputSchema, params['arguments'], headers);
  if (fault !== null) return headerMismatch(fault);
  const missing = tool.clientCapabilities.filter((name) => !capabilities.includes(name));
  if (missing.length > 0) {
    return capabilitiesRequired(Object.fromEntries(missing.map((name) => [name, {}])));
  }
  return !holdsTasks && tool.taskSupport === 'required' ? tasksRequired() : null;
}

function goesOnAsTask({ taskSupport }: Tool, { holdsTasks }: ModernCaller): boolean {
  return holdsTasks && taskSupport !== 'forbidden';
}

/** A method only for callers that declare the Tasks extension. */
function ofTasks(method: (request: RpcRequest, caller: ModernCaller) => Promise<Reply>): Method {
  return (request, caller) =>
    caller.holdsTasks ? method(request, caller) : failedReply(request.id, tasksRequired());
}
