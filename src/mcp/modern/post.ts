import type { FastifyReply, FastifyRequest } from 'fastify';
import { replyForm } from '../rpc/accept.ts';
import { deliver } from '../rpc/delivery.ts';
import { failedReply, notAcceptable, refusal } from '../rpc/failure.ts';
import type { Malformed, RpcMessage } from '../rpc/json-rpc.ts';
import type { ModernMethods } from './methods.ts';
import { namesModernVersion, type Sender } from './request.ts';

/** Replies to a POST of the stateless era (MCP 2026-07-28, Streamable HTTP, "Sending Messages"). */
export async function replyToModern(
  methods: ModernMethods,
  message: Exclude<RpcMessage, Malformed>,
  sender: Sender,
  response: FastifyReply,
): Promise<FastifyReply> {
  switch (message.kind) {
    case 'request': {
      const form = replyForm(sender.headers.accept);
      if (form === null) return deliver(response, failedReply(message.id, notAcceptable), 'json');
      return deliver(response, await methods.reply(message, sender), form);
    }
    case 'notification':
      // None has a meaning over HTTP. A client that wants no reply any more closes the stream.
      return response.code(202).send();
    case 'response':
      return deliver(response, failedReply(null, nothingAsked), 'json');
  }
}

/** GET and DELETE belong to sessions, which this era does not have. */
export function refuseModernSession(
  { method, headers }: FastifyRequest,
  response: FastifyReply,
  done: () => void,
): void {
  if (method === 'POST' || !namesModernVersion(headers)) return done();
  const { message, status } = failedReply(
    null,
    refusal(405, `${method} is not part of this protocol version`),
  );
  response.code(status).header('allow', 'POST').send(message);
}

const nothingAsked = refusal(400, 'the server asks nothing, so there is nothing to answer');
