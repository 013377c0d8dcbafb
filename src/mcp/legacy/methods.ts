import { errorResult } from '../../calls/call-result.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Tool } from '../../tools/tool.ts';
import type { CallWait } from '../calls/call-wait.ts';
import { declaredCapabilities } from '../calls/client-capabilities.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';
import { invalidParams, rpcError, thrownReply, type RpcFailure } from '../rpc/failure.ts';
import {
  rpcCodes,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../rpc/json-rpc.ts';
import { latestLegacyVersion, legacyTasksVersion, legacyVersion } from '../rpc/protocol-version.ts';
import { resultReply, type ReadyReply, type Reply } from '../rpc/reply.ts';
import type { ServerInfo } from '../rpc/server-info.ts';
import type { LegacyCaller } from './caller.ts';
import { cancelRequest, type CancelParts } from './cancelled-request.ts';
import { legacyCapabilities } from './capabilities.ts';
import { takeResponse } from './question-response.ts';
import { StreamAsker } from './stream-asker.ts';
import { LegacyTasks } from './tasks.ts';

export interface LegacyParts extends Omit<CancelParts, 'jobs'> {
  readonly toolMethods: ToolMethods;
  readonly callWait: CallWait;
  readonly serverInfo: ServerInfo;
  readonly config: {
    /** How long a finished job is kept; 0: for ever. */
    readonly jobRetentionSeconds: number;
  };
}

type Method = (request: RpcRequest, caller: LegacyCaller) => Reply | Promise<Reply>;

/** The methods of the protocol versions that begin with `initialize`: up to 2025-11-25. */
export class LegacyMethods {
  readonly #parts: LegacyParts;
  readonly #tasks: LegacyTasks;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #taskMethods: ReadonlyMap<string, Method>;

  constructor(parts: LegacyParts) {
    const retentionSeconds = parts.config.jobRetentionSeconds;
    this.#parts = parts;
    this.#tasks = new LegacyTasks({ ...parts, retentionSeconds });
    this.#methods = new Map<string, Method>([
      ['initialize', (request, caller) => this.#initialize(request, caller)],
      ['ping', ({ id }) => resultReply(id, {})],
      ['tools/list', (request, caller) => this.#listTools(request, caller)],
      ['tools/call', (request, caller) => this.#callTool(request, caller)],
    ]);
    this.#taskMethods = new Map<string, Method>([
      ['tasks/get', (request, caller) => this.#tasks.get(request, caller)],
      ['tasks/result', (request, caller) => this.#tasks.result(request, caller)],
      ['tasks/cancel', (request, caller) => this.#tasks.cancel(request, caller)],
    ]);
  }

  /** Never rejects: whatever goes wrong becomes a reply, too. */
  async reply(request: RpcRequest, caller: LegacyCaller): Promise<Reply> {
    const method =
      this.#methods.get(request.method) ??
      (hasTasks(caller) ? this.#taskMethods.get(request.method) : undefined);
    if (method === undefined) {
      return rpcError(request, rpcCodes.methodNotFound, `Unknown method: ${request.method}`);
    }
    try {
      return await method(request, caller);
    } catch (error) {
      return thrownReply(request.id, error, this.#parts.log);
    }
  }

  /** @throws StoreUnavailable or Overloaded */
  async hear(
    { method, params }: RpcNotification,
    { session, client }: LegacyCaller,
  ): Promise<void> {
    if (method !== 'notifications/cancelled' || session === null) return;
    await cancelRequest(session, params, { ...this.#parts, jobs: client.jobs });
  }

  /**
   * Takes a client's response to a question. Null: it was taken.
   *
   * @throws StoreUnavailable or Overloaded
   */
  takeResponse(response: RpcResponse, { client }: LegacyCaller): Promise<RpcFailure | null> {
    return takeResponse(response, client.jobs);
  }

  #initialize(request: RpcRequest, { client }: LegacyCaller): ReadyReply {
    const { protocolVersion: wanted, capabilities, clientInfo } = request.params;
    if (typeof wanted !== 'string') {
      return invalidParams(request, 'params.protocolVersion must be a string');
    }
    const { sessions, serverInfo, log } = this.#parts;
    const protocolVersion = legacyVersion(wanted) ?? latestLegacyVersion;
    const session = {
      protocolVersion,
      capabilities: declaredCapabilities(capabilities),
      owner: client.caller.owner,
    };
    log.info(
      { client: clientName(clientInfo), wanted: wanted.slice(0, 32), protocolVersion },
      'MCP session begins',
    );
    return {
      ...resultReply(request.id, {
        protocolVersion,
        capabilities: legacyCapabilities(protocolVersion),
        serverInfo,
      }),
      headers: { 'mcp-session-id': sessions.issue(session) },
    };
  }

  #listTools(request: RpcRequest, caller: LegacyCaller): ReadyReply {
    const { cursor = null } = request.params;
    if (cursor !== null) {
      // All tools are on the first page, so no cursor was ever given out.
      return invalidParams(request, 'params.cursor is not one of this server');
    }
    const tools = this.#parts.toolMethods.list(hasTasks(caller), caller.client);
    return resultReply(request.id, { tools });
  }

  async #callTool(request: RpcRequest, caller: LegacyCaller): Promise<Reply> {
    const { session, capabilities, client } = caller;
    const { toolMethods, sessions } = this.#parts;
    const missing = missingCapabilities(toolMethods.toolOf(request, client), caller);
    if (missing.length > 0) {
      const text = `This tool asks its client for input (${missing.join(', ')}), which yours does not offer`;
      return resultReply(request.id, errorResult(text));
    }
    // In versions without tasks the parameter means nothing.
    const asTask = hasTasks(caller) && (request.params['task'] ?? null) !== null;
    if (asTask) return this.#tasks.start(request, caller);
    if (toolMethods.taskSupportOf(request, client) === 'required') {
      return rpcError(request, rpcCodes.methodNotFound, 'This tool can only be called as a task');
    }
    return toolMethods.call(request, caller, {
      asker: new StreamAsker({ capabilities, ofTask: false }),
      jobId: session === null ? null : () => sessions.jobIdOf(session, request.id),
    });
  }
}

function missingCapabilities(tool: Tool | null, { capabilities }: LegacyCaller): readonly string[] {
  return tool?.clientCapabilities.filter((name) => !capabilities.includes(name)) ?? [];
}

function hasTasks({ version }: LegacyCaller): boolean {
  return version === legacyTasksVersion;
}

/** For the log only. */
function clientName(clientInfo: Json | undefined): string | null {
  const { name, version }: Partial<JsonObject> = isJsonObject(clientInfo) ? clientInfo : {};
  return typeof name === 'string' ? `${name} ${JSON.stringify(version)}`.slice(0, 100) : null;
}
