import type { IncomingHttpHeaders } from 'node:http';
import { ready, type Answer } from './answer.ts';
import { faultsResult } from './call-result.ts';
import { modernCapabilities } from './capabilities.ts';
import { failedAnswer, refusal, thrownAnswer } from './failure.ts';
import { errorResponse, rpcCodes, type RpcRequest } from './json-rpc.ts';
import { headerMismatch, readCaller, tasksRequired, type ModernCaller } from './modern-request.ts';
import { ModernResults } from './modern-result.ts';
import { modernTask } from './modern-task.ts';
import { ModernTasks } from './modern-tasks.ts';
import { paramHeadersFault } from './param-headers.ts';
import { supportedVersions } from './protocol-version.ts';
import type { ServerInfo } from './server-info.ts';
import { readFilter } from './subscription-filter.ts';
import { Subscriptions, type SubscriptionsParts } from './subscriptions.ts';
import type { ToolMethods, ToolMethodsParts } from './tool-methods.ts';

export interface ModernParts
  extends ToolMethodsParts, Pick<SubscriptionsParts, 'feed' | 'toolsChanged'> {
  readonly serverInfo: ServerInfo;
}

type Method = (request: RpcRequest, caller: ModernCaller) => Answer | Promise<Answer>;

/**
 * Everybody is offered the same, so anybody may keep it; for a minute, because tools may change and
 * not every client listens for that (MCP 2026-07-28, caching).
 */
const cacheHints = { ttlMs: 60_000, cacheScope: 'public' } as const;

/** The methods of MCP 2026-07-28 and of its Tasks extension. */
export class ModernMethods {
  readonly #parts: ModernParts;
  readonly #toolMethods: ToolMethods;
  readonly #results: ModernResults;
  readonly #subscriptions: Subscriptions;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(toolMethods: ToolMethods, parts: ModernParts) {
    const { jobs, config, serverInfo } = parts;
    const retentionSeconds = config.jobRetentionSeconds;
    const results = new ModernResults(serverInfo);
    const tasks = new ModernTasks({ jobs, results, retentionSeconds });
    this.#parts = parts;
    this.#toolMethods = toolMethods;
    this.#results = results;
    this.#subscriptions = new Subscriptions({ ...parts, results, retentionSeconds });
    this.#methods = new Map<string, Method>([
      ['server/discover', (request) => this.#discover(request)],
      ['tools/list', (request) => this.#listTools(request)],
      ['tools/call', (request, caller) => this.#callTool(request, caller)],
      ['subscriptions/listen', (request, caller) => this.#listen(request, caller)],
      ['tasks/get', ofTasks((request) => tasks.get(request))],
      ['tasks/update', ofTasks((request) => tasks.update(request))],
      ['tasks/cancel', ofTasks((request) => tasks.cancel(request))],
    ]);
  }

  /** Never rejects: whatever goes wrong is an answer too. */
  async answer(request: RpcRequest, headers: IncomingHttpHeaders): Promise<Answer> {
    const { id, method: name } = request;
    const caller = readCaller(request, headers);
    if ('error' in caller) return failedAnswer(id, caller);
    const method = this.#methods.get(name);
    if (method === undefined) {
      return failedAnswer(id, refusal(404, `Unknown method: ${name}`, rpcCodes.methodNotFound));
    }
    try {
      return await method(request, caller);
    } catch (error) {
      return thrownAnswer(id, error, this.#parts.log);
    }
  }

  #discover({ id }: RpcRequest): Answer {
    const capabilities = modernCapabilities;
    return this.#results.complete(id, { supportedVersions, capabilities, ...cacheHints });
  }

  #listTools(request: RpcRequest): Answer {
    const { cursor = null } = request.params;
    // All tools are on the first page, so no cursor was ever given out.
    if (cursor !== null) return invalid(request, 'params.cursor is not one of this server');
    return this.#results.complete(request.id, {
      tools: this.#toolMethods.list(false),
      ...cacheHints,
    });
  }

  async #callTool(request: RpcRequest, { holdsTasks, headers }: ModernCaller): Promise<Answer> {
    const { id, params } = request;
    const tool = this.#toolMethods.toolOf(request);
    if (tool !== null) {
      const fault = paramHeadersFault(tool.inputSchema, params['arguments'], headers);
      if (fault !== null) return failedAnswer(id, headerMismatch(fault));
      if (holdsTasks && tool.taskSupport !== 'forbidden') {
        const started = await this.#toolMethods.start(tool, request, headers);
        if (!started.ok) return this.#results.complete(id, faultsResult(tool.name, started.faults));
        const { jobRetentionSeconds } = this.#parts.config;
        return this.#results.task(id, modernTask(started.job, jobRetentionSeconds));
      }
      if (tool.taskSupport === 'required') return failedAnswer(id, tasksRequired());
    }
    const answer = await this.#toolMethods.call(request, {
      structured: 'any',
      eventIds: false,
      priming: false,
      takenBackBy: 'disconnect',
      jobId: null,
      headers,
    });
    return this.#results.completed(answer);
  }

  #listen(request: RpcRequest, { holdsTasks }: ModernCaller): Answer | Promise<Answer> {
    const read = readFilter(request.params['notifications']);
    if (!read.ok) return invalid(request, read.fault);
    if (read.filter.taskIds !== null && !holdsTasks) {
      return failedAnswer(request.id, tasksRequired());
    }
    return this.#subscriptions.open(request.id, read.filter);
  }
}

/** A method only for callers that declare the Tasks extension. */
function ofTasks(method: (request: RpcRequest) => Promise<Answer>): Method {
  return (request, { holdsTasks }) =>
    holdsTasks ? method(request) : failedAnswer(request.id, tasksRequired());
}

function invalid({ id }: RpcRequest, message: string): Answer {
  return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
}
