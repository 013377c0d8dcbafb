import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerForm } from '../rpc/accept.ts';
import { deliver } from '../rpc/delivery.ts';
import { failedAnswer, notAcceptable, refusal } from '../rpc/failure.ts';
import { errorResponse, type Malformed, type RpcMessage } from '../rpc/json-rpc.ts';
import type { ModernMethods } from './methods.ts';
import { namesModernVersion } from './request.ts';

/** Answers a POST of the stateless era (MCP 2026-07-28, Streamable HTTP, "Sending Messages"). */
export async function answerModern(
  methods: ModernMethods,
  message: Exclude<RpcMessage, Malformed>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  switch (message.kind) {
    case 'request': {
      const { accept } = request.headers;
      const form = answerForm(accept);
      if (form === null) return deliver(reply, failedAnswer(message.id, notAcceptable), 'json');
      return deliver(reply, await methods.answer(message, request.headers), form);
    }
    case 'notification':
      // None has a meaning over HTTP: who wants no answer any more closes the stream.
      return reply.code(202).send();
    case 'answer':
      return deliver(reply, failedAnswer(null, nothingAsked), 'json');
  }
}

/** GET and DELETE belong to sessions, which this era does not have. */
export function refuseModernSession(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  done: () => void,
): void {
  if (method === 'POST' || !namesModernVersion(headers)) return done();
  const { status, error } = refusal(405, `${method} is not part of this protocol version`);
  reply.code(status).header('allow', 'POST').send(errorResponse(null, error));
}

const nothingAsked = refusal(400, 'the server asks nothing, so there is nothing to answer');
