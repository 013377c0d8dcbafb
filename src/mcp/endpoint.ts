import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { acceptsStream, answerForm } from './rpc/accept.ts';
import { ready, type Answer } from './rpc/reply.ts';
import { acceptMessages } from './rpc/body.ts';
import { deliver, deliverBatch } from './rpc/delivery.ts';
import { failedAnswer, failureOf, notAcceptable, refusal, type Failure } from './rpc/failure.ts';
import {
  errorResponse,
  readMessage,
  rpcCodes,
  type Malformed,
  type RpcMessage,
  type RpcRequest,
} from './rpc/json-rpc.ts';
import { LegacyMethods, type LegacyCaller } from './legacy/methods.ts';
import { LegacyStreams } from './legacy/streams.ts';
import { ModernMethods, type ModernParts } from './modern/methods.ts';
import { isModern, namesModernVersion } from './modern/request.ts';
import { answerModern, refuseModernSession } from './modern/post.ts';
import {
  assumedVersion,
  batchVersion,
  legacyVersion,
  supportedVersions,
} from './rpc/protocol-version.ts';
import type { Sessions } from './legacy/session.ts';
import { ToolMethods } from './calls/tool-methods.ts';

export interface McpParts extends ModernParts {
  readonly sessions: Sessions;
}

/** Most messages in one body. */
const maxBatch = 100;

/** MCP over Streamable HTTP at `/mcp`. */
export function mcpPlugin(parts: McpParts): FastifyPluginAsync {
  const endpoint = new Endpoint(parts);
  return async (scope) => {
    acceptMessages(scope);
    answerErrors(scope);
    scope.addHook('onRequest', refuseModernSession);
    scope.post('/mcp', (request, reply) => endpoint.post(request, reply));
    // A HEAD would open a stream that nobody reads.
    const exposeHeadRoute = false;
    scope.get('/mcp', { exposeHeadRoute }, (request, reply) => endpoint.get(request, reply));
    scope.delete('/mcp', (request, reply) => endpoint.endSession(request, reply));
  };
}

class Endpoint {
  readonly #legacy: LegacyMethods;
  readonly #legacyStreams: LegacyStreams;
  readonly #modern: ModernMethods;
  readonly #sessions: Sessions;

  constructor(parts: McpParts) {
    const toolMethods = new ToolMethods(parts);
    this.#sessions = parts.sessions;
    this.#legacy = new LegacyMethods({ ...parts, toolMethods });
    this.#legacyStreams = new LegacyStreams({ ...parts, toolMethods });
    this.#modern = new ModernMethods(toolMethods, parts);
  }

  async post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body } = request;
    if (body === undefined) {
      return sendFailure(reply, refusal(400, 'the body is empty', rpcCodes.parseError));
    }
    return Array.isArray(body)
      ? this.#postBatch(body, request, reply)
      : this.#postOne(readMessage(body), request, reply);
  }

  async get(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { headers } = request;
    const caller = this.#callerOf(request);
    if ('error' in caller) return sendFailure(reply, caller);
    if (!acceptsStream(headers.accept)) return sendFailure(reply, notAStream);
    return this.#legacyStreams.open(textOf(headers['last-event-id']) ?? '', caller, reply);
  }

  /** Other replicas are not told and take the id until it expires; the client has done its part. */
  async endSession(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const id = textOf(request.headers['mcp-session-id']);
    if (id === null)
      return sendFailure(reply, refusal(400, 'the Mcp-Session-Id header is missing'));
    const session = this.#sessions.read(id);
    if (session === null) return sendFailure(reply, unknownSession);
    this.#sessions.end(session);
    return reply.code(200).send();
  }

  async #postOne(
    message: RpcMessage,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (message.kind === 'malformed') {
      const failure = { status: 400, error: message.error, headers: {} };
      return deliver(reply, failedAnswer(message.id, failure), 'json');
    }
    if (isModern(message, request.headers)) {
      return answerModern(this.#modern, message, request, reply);
    }
    const begins = message.kind === 'request' && message.method === 'initialize';
    const caller = this.#callerOf(request, { begins });
    if ('error' in caller) return sendFailure(reply, caller, message);
    if (message.kind === 'notification') await this.#legacy.hear(message, caller);
    if (message.kind === 'answer') {
      const failure = await this.#legacy.takeAnswer(message);
      if (failure !== null) return sendFailure(reply, failure);
    }
    if (message.kind !== 'request') return reply.code(202).send();

    const form = answerForm(request.headers.accept);
    if (form === null) return sendFailure(reply, notAcceptable, message);
    return deliver(reply, await this.#legacy.answer(message, caller), form);
  }

  async #postBatch(
    body: readonly unknown[],
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    if (namesModernVersion(request.headers)) return sendFailure(reply, noBatches);
    const caller = this.#callerOf(request, { batch: true });
    if ('error' in caller) return sendFailure(reply, caller);
    if (caller.version !== batchVersion) return sendFailure(reply, noBatches);
    if (body.length === 0 || body.length > maxBatch) {
      return sendFailure(reply, refusal(400, `a batch holds 1 to ${maxBatch} messages`));
    }
    const messages = body.map(readMessage);
    const notifications = messages.filter((message) => message.kind === 'notification');
    await Promise.all(notifications.map((message) => this.#legacy.hear(message, caller)));
    const taken = messages.filter((message) => message.kind === 'answer');
    await Promise.all(taken.map((message) => this.#legacy.takeAnswer(message)));
    const asking = messages.filter(
      (message) => message.kind === 'request' || message.kind === 'malformed',
    );
    if (asking.length === 0) return reply.code(202).send();

    const form = answerForm(request.headers.accept);
    if (form === null) return sendFailure(reply, notAcceptable);
    const answers = asking.map((message) => this.#answerInBatch(message, caller));
    return deliverBatch(reply, await Promise.all(answers), form);
  }

  async #answerInBatch(message: RpcRequest | Malformed, caller: LegacyCaller): Promise<Answer> {
    if (message.kind === 'malformed') return ready(errorResponse(message.id, message.error));
    if (message.method === 'initialize') {
      return failedAnswer(message.id, refusal(400, 'initialize cannot be part of a batch'));
    }
    return this.#legacy.answer(message, caller);
  }

  #callerOf(
    { headers }: FastifyRequest,
    { begins = false, batch = false } = {},
  ): LegacyCaller | Failure {
    // A message that begins a session has none yet, and settles itself what is spoken in it.
    if (begins) return { version: assumedVersion, session: null, batch, headers };
    const sessionId = textOf(headers['mcp-session-id']);
    const session = sessionId === null ? null : this.#sessions.read(sessionId);
    if (sessionId !== null && session === null) return unknownSession;

    const caller = { session, batch, headers };
    const requested = textOf(headers['mcp-protocol-version']);
    if (requested === null) {
      return { ...caller, version: session?.protocolVersion ?? assumedVersion };
    }
    const version = legacyVersion(requested);
    return version === null ? unsupportedHeader(requested) : { ...caller, version };
  }
}

const unknownSession = refusal(404, 'the session is unknown or expired: initialize a new one');

const notAStream = refusal(406, 'Accept must name text/event-stream');

const noBatches = refusal(400, `only protocol version ${batchVersion} has batches`);

function unsupportedHeader(requested: string): Failure {
  const { status, error, headers } = refusal(400, 'MCP-Protocol-Version is not supported');
  return {
    status,
    error: { ...error, data: { supported: [...supportedVersions], requested } },
    headers,
  };
}

/** What Fastify refuses before a handler runs; what is not about messages is left to the app. */
function answerErrors(scope: FastifyInstance): void {
  scope.setErrorHandler((error, _request, reply) => {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return sendFailure(reply, failure);
  });
}

function sendFailure(
  reply: FastifyReply,
  failure: Failure,
  message: RpcMessage | null = null,
): Promise<FastifyReply> {
  const id = message?.kind === 'request' ? message.id : null;
  return deliver(reply, failedAnswer(id, failure), 'json');
}

/** A header that is given once; Node joins repeated ones of these names. */
function textOf(header: string | string[] | undefined): string | null {
  return header === undefined ? null : String(header);
}
