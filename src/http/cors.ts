import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a page's script may read of an answer, beside the few headers every browser shows. */
const exposedHeaders =
  'Mcp-Session-Id, MCP-Protocol-Version, Preference-Applied, Retry-After, WWW-Authenticate';

/** A browser asks again after this long, in seconds; browsers take no more than two hours. */
const preflightMaxAge = 7_200;

/** Lets the browser show an answer to a page of another, allowed, origin (WHATWG Fetch, 3.3). */
export function shareWith(origin: string, reply: FastifyReply): void {
  // On the raw response, so that streams, which write their own head, carry them as well.
  reply.raw.setHeader('access-control-allow-origin', origin);
  reply.raw.setHeader('access-control-expose-headers', exposedHeaders);
  reply.raw.setHeader('vary', 'Origin');
}

/** Does a browser ask whether a page may send what it wants to send? */
export function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** @param methods those of the path, separated by commas */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, methods: string) {
  const wanted = request.headers['access-control-request-headers'];
  return reply
    .code(204)
    .header('access-control-allow-methods', methods)
    .header('access-control-max-age', preflightMaxAge)
    .headers(wanted === undefined ? {} : { 'access-control-allow-headers': wanted })
    .send();
}
