import type { IncomingHttpHeaders } from 'node:http';
import { ready, type Answer } from '../rpc/reply.ts';
import { faultsResult, newestForm } from '../../calls/call-result.ts';
import { modernCapabilities } from './capabilities.ts';
import { failedAnswer, refusal, thrownAnswer } from '../rpc/failure.ts';
import { inputRoundOf } from './input-round.ts';
import { errorResponse, rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';
import {
  capabilitiesRequired,
  headerMismatch,
  readCaller,
  tasksRequired,
  type ModernCaller,
} from './request.ts';
import { ModernResults } from './results.ts';
import { modernTask } from './task.ts';
import { ModernTasks } from './tasks.ts';
import { paramHeadersFault } from './param-headers.ts';
import { supportedVersions } from '../rpc/protocol-version.ts';
import type { RequestStates } from './request-state.ts';
import { RoundTripQuestions } from './round-trip-questions.ts';
import type { ServerInfo } from '../rpc/server-info.ts';
import { readFilter } from './subscription-filter.ts';
import { Subscriptions, type SubscriptionsParts } from './subscriptions.ts';
import { TaskCalls } from './task-calls.ts';
import type { CallTerms, ToolMethods, ToolMethodsParts } from '../calls/tool-methods.ts';

export interface ModernParts extends ToolMethodsParts, Pick<SubscriptionsParts, 'toolsChanged'> {
  readonly serverInfo: ServerInfo;
  readonly requestStates: RequestStates;
}

type Method = (request: RpcRequest, caller: ModernCaller) => Answer | Promise<Answer>;

/**
 * Everybody is offered the same, so anybody may keep it; for a minute, because tools may change and
 * not every client listens for that (MCP 2026-07-28, caching).
 */
const cacheHints = { ttlMs: 60_000, cacheScope: 'public' } as const;

const modernTerms = {
  form: newestForm,
  eventIds: false,
  priming: false,
  takenBackBy: 'disconnect',
} as const;

/** The methods of MCP 2026-07-28 and of its Tasks extension. */
export class ModernMethods {
  readonly #parts: ModernParts;
  readonly #toolMethods: ToolMethods;
  readonly #results: ModernResults;
  readonly #states: RequestStates;
  readonly #taskCalls: TaskCalls;
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
    this.#states = parts.requestStates;
    this.#taskCalls = new TaskCalls({
      ...parts,
      created: (id, job) => results.task(id, modernTask(job, retentionSeconds, [])),
    });
    this.#subscriptions = new Subscriptions({ ...parts, results, retentionSeconds });
    this.#methods = new Map<string, Method>([
      ['server/discover', (request) => this.#discover(request)],
      ['tools/list', (request) => this.#listTools(request)],
      ['tools/call', (request, caller) => this.#callTool(request, caller)],
      ['subscriptions/listen', (request, caller) => this.#listen(request, caller)],
      ['tasks/get', ofTasks((request, caller) => tasks.get(request, caller))],
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

  async #callTool(request: RpcRequest, caller: ModernCaller): Promise<Answer> {
    const { id, params } = request;
    const { holdsTasks, capabilities, headers } = caller;
    const read = inputRoundOf(params);
    if (!read.ok) return invalid(request, read.fault);
    const { round } = read;
    const stated = { name: params['name'], arguments: params['arguments'] };
    const { jobs } = this.#parts;
    const questions = new RoundTripQuestions(
      { jobs, results: this.#results, states: this.#states },
      { request: stated, capabilities, round },
    );
    const terms: CallTerms = { ...modernTerms, questions, headers, jobId: null };

    const tool = this.#toolMethods.toolOf(request);
    // The gateway's own tools say by their arguments which job they are about.
    if (tool === null) return this.#results.completed(await this.#toolMethods.call(request, terms));
    const fault = paramHeadersFault(tool.inputSchema, params['arguments'], headers);
    if (fault !== null) return failedAnswer(id, headerMismatch(fault));
    const missing = tool.clientCapabilities.filter((name) => !capabilities.includes(name));
    if (missing.length > 0) {
      return failedAnswer(
        id,
        capabilitiesRequired(Object.fromEntries(missing.map((name) => [name, {}]))),
      );
    }
    const asTask = holdsTasks && tool.taskSupport !== 'forbidden';
    if (!asTask && tool.taskSupport === 'required') return failedAnswer(id, tasksRequired());

    if (round.state !== null) {
      const jobId = this.#states.read(round.state, stated);
      const job = jobId === null ? null : await jobs.get(jobId);
      if (job === null) return invalid(request, 'params.requestState is not one of this request');
      return asTask
        ? this.#taskCalls.resume(job, { id, tool, questions })
        : this.#results.completed(this.#toolMethods.callAgain(job, tool, request, terms));
    }
    if (!asTask) return this.#results.completed(await this.#toolMethods.call(request, terms));
    const started = await this.#toolMethods.start(tool, request, headers);
    if (!started.ok) return this.#results.complete(id, faultsResult(tool.name, started.faults));
    return this.#taskCalls.begin(started.job, { id, tool, questions });
  }

  #listen(request: RpcRequest, caller: ModernCaller): Answer | Promise<Answer> {
    const read = readFilter(request.params['notifications']);
    if (!read.ok) return invalid(request, read.fault);
    if (read.filter.taskIds !== null && !caller.holdsTasks) {
      return failedAnswer(request.id, tasksRequired());
    }
    return this.#subscriptions.open(request.id, read.filter, caller.capabilities);
  }
}

/** A method only for callers that declare the Tasks extension. */
function ofTasks(method: (request: RpcRequest, caller: ModernCaller) => Promise<Answer>): Method {
  return (request, caller) =>
    caller.holdsTasks ? method(request, caller) : failedAnswer(request.id, tasksRequired());
}

function invalid({ id }: RpcRequest, message: string): Answer {
  return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
}
