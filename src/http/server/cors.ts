import type { FastifyReply, FastifyRequest } from 'fastify';

/** The headers of a response that a page's script may read, beside the few that are always shown. */
const exposedHeaders =
  'Mcp-Session-Id, MCP-Protocol-Version, Preference-Applied, Retry-After, WWW-Authenticate';

/** How long a browser keeps the response to a preflight, in seconds. Browsers allow two hours at most. */
const preflightMaxAge = 7_200;

/** Lets the browser show the response to a page of an allowed origin (WHATWG Fetch, 3.3). */
export function shareWith(origin: string, reply: FastifyReply): void {
  // The raw response has them, because streams write their head past Fastify.
  reply.raw.setHeader('access-control-allow-origin', origin);
  reply.raw.setHeader('access-control-expose-headers', exposedHeaders);
  reply.raw.setHeader('vary', 'Origin');
}

/** Is this a browser's question whether a page may send its request (WHATWG Fetch, preflight)? */
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
