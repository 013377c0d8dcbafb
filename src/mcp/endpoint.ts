import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { CallWait } from './calls/call-wait.ts';
import { ToolMethods, type ToolMethodsParts } from './calls/tool-methods.ts';
import { callerOf, newCaller, sessionOf, type LegacyCaller } from './legacy/caller.ts';
import { LegacyMethods } from './legacy/methods.ts';
import type { Sessions } from './legacy/session.ts';
import { LegacyStreams } from './legacy/streams.ts';
import { ModernMethods, type ModernParts } from './modern/methods.ts';
import { refuseModernSession, replyToModern } from './modern/post.ts';
import { isModern, namesModernVersion } from './modern/request.ts';
import { acceptsStream, replyForm } from './rpc/accept.ts';
import { acceptMessages } from './rpc/body.ts';
import { deliver, deliverBatch } from './rpc/delivery.ts';
import { failedReply, failureOf, notAcceptable, refusal, type RpcFailure } from './rpc/failure.ts';
import {
  readMessage,
  rpcCodes,
  type Malformed,
  type RpcMessage,
  type RpcRequest,
} from './rpc/json-rpc.ts';
import { batchVersion } from './rpc/protocol-version.ts';
import { errorReply, type Reply } from './rpc/reply.ts';

export interface McpParts
  extends Omit<ModernParts, 'toolMethods' | 'config'>, Omit<ToolMethodsParts, 'callWait'> {
  readonly sessions: Sessions;
}

/** Most messages in one body. */
const maxBatch = 100;

/** MCP over Streamable HTTP at `/mcp`. */
export function mcpPlugin(parts: McpParts): FastifyPluginAsync {
  const endpoint = new Endpoint(parts);
  return async (scope) => {
    // What a caller may do depends on its message.
    const config = { access: 'caller' } as const;
    acceptMessages(scope);
    answerErrors(scope);
    scope.addHook('onRequest', refuseModernSession);
    scope.post('/mcp', { config }, (request, response) => endpoint.post(request, response));
    // A HEAD would open a stream that nobody reads.
    const exposeHeadRoute = false;
    scope.get('/mcp', { exposeHeadRoute, config }, (request, response) =>
      endpoint.get(request, response),
    );
    scope.delete('/mcp', { config }, (request, response) => endpoint.endSession(request, response));
  };
}

class Endpoint {
  readonly #legacy: LegacyMethods;
  readonly #legacyStreams: LegacyStreams;
  readonly #modern: ModernMethods;
  readonly #sessions: Sessions;

  constructor(parts: McpParts) {
    const callWait = new CallWait({ ...parts, offersJobWait: parts.config.jobTools });
    const toolMethods = new ToolMethods({ ...parts, callWait });
    this.#sessions = parts.sessions;
    this.#legacy = new LegacyMethods({ ...parts, toolMethods, callWait });
    this.#legacyStreams = new LegacyStreams({ ...parts, toolMethods, callWait });
    this.#modern = new ModernMethods({ ...parts, toolMethods });
  }

  async post(request: FastifyRequest, response: FastifyReply): Promise<FastifyReply> {
    const { body } = request;
    // Fastify would keep it for as long as a reply is waited for.
    request.body = undefined;
    if (body === undefined) {
      return sendFailure(response, refusal(400, 'the body is empty', rpcCodes.parseError));
    }
    return Array.isArray(body)
      ? this.#postBatch(body, request, response)
      : this.#postOne(readMessage(body), request, response);
  }

  async get({ headers, client }: FastifyRequest, response: FastifyReply): Promise<FastifyReply> {
    const caller = callerOf(headers, client, this.#sessions);
    if ('error' in caller) return sendFailure(response, caller);
    if (!acceptsStream(headers.accept)) return sendFailure(response, notAStream);
    const lastEventId = String(headers['last-event-id'] ?? '');
    return this.#legacyStreams.open(lastEventId, caller, response);
  }

  /** Other replicas are not told, and take the id until it expires; the client has done its part. */
  async endSession(
    { headers, client }: FastifyRequest,
    response: FastifyReply,
  ): Promise<FastifyReply> {
    const session = sessionOf(headers, client, this.#sessions);
    if (session === null) {
      return sendFailure(response, refusal(400, 'the Mcp-Session-Id header is missing'));
    }
    if ('error' in session) return sendFailure(response, session);
    this.#sessions.end(session);
    return response.code(200).send();
  }

  async #postOne(
    message: RpcMessage,
    { headers, client }: FastifyRequest,
    response: FastifyReply,
  ): Promise<FastifyReply> {
    if (message.kind === 'malformed') {
      return deliver(response, { ...errorReply(message.id, message.error), status: 400 }, 'json');
    }
    if (isModern(message, headers)) {
      return replyToModern(this.#modern, message, { headers, client }, response);
    }
    const begins = message.kind === 'request' && message.method === 'initialize';
    const caller = begins ? newCaller(headers, client) : callerOf(headers, client, this.#sessions);
    if ('error' in caller) return sendFailure(response, caller, message);
    if (message.kind === 'notification') await this.#legacy.hear(message, caller);
    if (message.kind === 'response') {
      const failure = await this.#legacy.takeResponse(message, caller);
      if (failure !== null) return sendFailure(response, failure);
    }
    if (message.kind !== 'request') return response.code(202).send();

    const form = replyForm(headers.accept);
    if (form === null) return sendFailure(response, notAcceptable, message);
    return deliver(response, await this.#legacy.reply(message, caller), form);
  }

  async #postBatch(
    body: readonly unknown[],
    { headers, client }: FastifyRequest,
    response: FastifyReply,
  ): Promise<FastifyReply> {
    if (namesModernVersion(headers)) return sendFailure(response, noBatches);
    const sender = callerOf(headers, client, this.#sessions);
    if ('error' in sender) return sendFailure(response, sender);
    if (sender.version !== batchVersion) return sendFailure(response, noBatches);
    if (body.length === 0 || body.length > maxBatch) {
      return sendFailure(response, refusal(400, `a batch holds 1 to ${maxBatch} messages`));
    }
    // An event id stands for one place in one stream, and this stream replies to several requests.
    const caller = { ...sender, resumable: false };
    const messages = body.map(readMessage);
    const notifications = messages.filter((message) => message.kind === 'notification');
    await Promise.all(notifications.map((message) => this.#legacy.hear(message, caller)));
    const responses = messages.filter((message) => message.kind === 'response');
    await Promise.all(responses.map((message) => this.#legacy.takeResponse(message, caller)));
    const asking = messages.filter(
      (message) => message.kind === 'request' || message.kind === 'malformed',
    );
    if (asking.length === 0) return response.code(202).send();

    const form = replyForm(headers.accept);
    if (form === null) return sendFailure(response, notAcceptable);
    const replies = asking.map((message) => this.#replyInBatch(message, caller));
    return deliverBatch(response, await Promise.all(replies), form);
  }

  async #replyInBatch(message: RpcRequest | Malformed, caller: LegacyCaller): Promise<Reply> {
    if (message.kind === 'malformed') return errorReply(message.id, message.error);
    if (message.method === 'initialize') {
      return failedReply(message.id, refusal(400, 'initialize cannot be part of a batch'));
    }
    return this.#legacy.reply(message, caller);
  }
}

const notAStream = refusal(406, 'Accept must name text/event-stream');

const noBatches = refusal(400, `only protocol version ${batchVersion} has batches`);

/** Answers what Fastify refuses before a handler runs. What is not about messages is left to the app. */
function answerErrors(scope: FastifyInstance): void {
  scope.setErrorHandler((error, _request, response) => {
    const failure = failureOf(error);
    if (failure === null) throw error;
    return sendFailure(response, failure);
  });
}

function sendFailure(
  response: FastifyReply,
  failure: RpcFailure,
  message: RpcMessage | null = null,
): Promise<FastifyReply> {
  const id = message?.kind === 'request' ? message.id : null;
  return deliver(response, failedReply(id, failure), 'json');
}
