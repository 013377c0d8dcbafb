import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import type { Tool } from '../../tools/tool.ts';
import { ready, type Answer, type ReadyAnswer } from '../rpc/reply.ts';
import type { StreamTerms } from '../calls/awaited-call.ts';
import { cancelRequest, type CancelParts } from './cancelled-request.ts';
import { commonForm, errorResult, type ResultForm } from '../../calls/call-result.ts';
import { legacyCapabilities } from './capabilities.ts';
import { declaredCapabilities, type ClientCapability } from '../calls/client-capabilities.ts';
import { thrownAnswer, type Failure } from '../rpc/failure.ts';
import {
  errorResponse,
  resultResponse,
  rpcCodes,
  type RpcAnswer,
  type RpcNotification,
  type RpcRequest,
} from '../rpc/json-rpc.ts';
import { LegacyTasks } from './tasks.ts';
import {
  latestLegacyVersion,
  legacyTasksVersion,
  legacyVersion,
  type LegacyVersion,
} from '../rpc/protocol-version.ts';
import type { ServerInfo } from '../rpc/server-info.ts';
import type { Session } from './session.ts';
import { StreamQuestions, takeAnswer } from './stream-questions.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';

export interface LegacyParts extends CancelParts {
  readonly toolMethods: ToolMethods;
  readonly serverInfo: ServerInfo;
  readonly config: {
    /** How long a finished job is kept; 0: for ever. */
    readonly jobRetentionSeconds: number;
  };
}

/** What is known of a caller before its message is read. */
export interface LegacyCaller {
  readonly version: LegacyVersion;
  /** Null: the caller names none, so that nothing of it is known, and its requests cannot be cancelled. */
  readonly session: Session | null;
  /** Whether its request came with others, whose answers then share one stream. */
  readonly batch: boolean;
  readonly headers: IncomingHttpHeaders;
}

const of2025 = commonForm.blockTypes.filter((type) => type !== 'resource_link');

/** Links came with 2025-06-18, audio with 2025-03-26. Clients refuse a result with a block that they do not know. */
const forms: { readonly [V in LegacyVersion]: ResultForm } = {
  '2025-11-25': commonForm,
  '2025-06-18': commonForm,
  '2025-03-26': { ...commonForm, blockTypes: of2025 },
  '2024-11-05': { ...commonForm, blockTypes: of2025.filter((type) => type !== 'audio') },
};

type Method = (request: RpcRequest, caller: LegacyCaller) => Answer | Promise<Answer>;

/** The methods of the protocol versions that begin with `initialize`: up to 2025-11-25. */
export class LegacyMethods {
  readonly #parts: LegacyParts;
  readonly #tasks: LegacyTasks;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #taskMethods: ReadonlyMap<string, Method>;

  constructor(parts: LegacyParts) {
    const { jobs, toolMethods, config } = parts;
    const retentionSeconds = config.jobRetentionSeconds;
    this.#parts = parts;
    this.#tasks = new LegacyTasks({ toolMethods, jobs, retentionSeconds });
    this.#methods = new Map<string, Method>([
      ['initialize', (request) => this.#initialize(request)],
      ['ping', ({ id }) => ready(resultResponse(id, {}))],
      ['tools/list', (request, caller) => this.#listTools(request, caller)],
      ['tools/call', (request, caller) => this.#callTool(request, caller)],
    ]);
    this.#taskMethods = new Map<string, Method>([
      ['tasks/get', (request) => this.#tasks.get(request)],
      ['tasks/result', (request, caller) => this.#tasks.result(request, capabilitiesOf(caller))],
      ['tasks/cancel', (request) => this.#tasks.cancel(request)],
    ]);
  }

  /** Never rejects: whatever goes wrong is an answer too. */
  async answer(request: RpcRequest, caller: LegacyCaller): Promise<Answer> {
    const method =
      this.#methods.get(request.method) ??
      (hasTasks(caller) ? this.#taskMethods.get(request.method) : undefined);
    if (method === undefined) {
      return rpcError(request, rpcCodes.methodNotFound, `Unknown method: ${request.method}`);
    }
    try {
      return await method(request, caller);
    } catch (error) {
      return thrownAnswer(request.id, error, this.#parts.log);
    }
  }

  /** @throws StoreUnavailable or Overloaded */
  async hear({ method, params }: RpcNotification, { session }: LegacyCaller): Promise<void> {
    if (method !== 'notifications/cancelled' || session === null) return;
    await cancelRequest(session, params, this.#parts);
  }

  /**
   * A client's answer to a question of ours; null: taken.
   *
   * @throws StoreUnavailable or Overloaded
   */
  takeAnswer(answer: RpcAnswer): Promise<Failure | null> {
    return takeAnswer(answer, this.#parts.jobs);
  }

  #initialize(request: RpcRequest): ReadyAnswer {
    const { protocolVersion: wanted, capabilities, clientInfo } = request.params;
    if (typeof wanted !== 'string') {
      return rpcError(request, rpcCodes.invalidParams, 'params.protocolVersion must be a string');
    }
    const { sessions, serverInfo, log } = this.#parts;
    const protocolVersion = legacyVersion(wanted) ?? latestLegacyVersion;
    const session = { protocolVersion, capabilities: declaredCapabilities(capabilities) };
    log.info(
      { client: clientName(clientInfo), wanted: wanted.slice(0, 32), protocolVersion },
      'MCP session begins',
    );
    return {
      ...ready(
        resultResponse(request.id, {
          protocolVersion,
          capabilities: legacyCapabilities(protocolVersion),
          serverInfo,
        }),
      ),
      headers: { 'mcp-session-id': sessions.issue(session) },
    };
  }

  #listTools(request: RpcRequest, caller: LegacyCaller): ReadyAnswer {
    const { cursor = null } = request.params;
    if (cursor !== null) {
      // All tools are on the first page, so none was ever given out.
      return rpcError(request, rpcCodes.invalidParams, 'params.cursor is not one of this server');
    }
    const tools = this.#parts.toolMethods.list(hasTasks(caller));
    return ready(resultResponse(request.id, { tools }));
  }

  async #callTool(request: RpcRequest, caller: LegacyCaller): Promise<Answer> {
    const { session, headers } = caller;
    const { toolMethods, sessions } = this.#parts;
    // In other versions the parameter means nothing.
    const missing = missingCapabilities(toolMethods.toolOf(request), caller);
    if (missing.length > 0) {
      const text = `This tool asks its client for input (${missing.join(', ')}), which yours does not offer`;
      return ready(resultResponse(request.id, errorResult(text)));
    }
    const asTask = hasTasks(caller) && (request.params['task'] ?? null) !== null;
    if (asTask) return this.#tasks.start(request, headers);
    if (toolMethods.taskSupportOf(request) === 'required') {
      return rpcError(request, rpcCodes.methodNotFound, 'This tool can only be called as a task');
    }
    return toolMethods.call(request, {
      ...streamTerms(caller),
      jobId: session === null ? null : () => sessions.jobIdOf(session, request.id),
      headers,
    });
  }
}

export function streamTerms(caller: LegacyCaller): StreamTerms {
  const { version, batch } = caller;
  return {
    form: formOf(version),
    // An event id stands for one place in one stream, and several calls have several.
    eventIds: !batch,
    // Clients of earlier versions take the empty event for broken JSON.
    priming: version === '2025-11-25',
    takenBackBy: 'notification',
    questions: new StreamQuestions({ capabilities: capabilitiesOf(caller), ofTask: false }),
  };
}

function formOf(version: LegacyVersion): ResultForm {
  return forms[version];
}

function capabilitiesOf({ session }: LegacyCaller): readonly ClientCapability[] {
  return session?.capabilities ?? [];
}

function missingCapabilities(tool: Tool | null, caller: LegacyCaller): readonly string[] {
  const declared = capabilitiesOf(caller);
  return tool?.clientCapabilities.filter((name) => !declared.includes(name)) ?? [];
}

function hasTasks({ version }: LegacyCaller): boolean {
  return version === legacyTasksVersion;
}

function rpcError({ id }: RpcRequest, code: number, message: string): ReadyAnswer {
  return ready(errorResponse(id, { code, message }));
}

/** For the log only. */
function clientName(clientInfo: Json | undefined): string | null {
  const { name, version }: Partial<JsonObject> = isJsonObject(clientInfo) ? clientInfo : {};
  return typeof name === 'string' ? `${name} ${JSON.stringify(version)}`.slice(0, 100) : null;
}
