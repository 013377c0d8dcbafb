import type { FastifyInstance } from 'fastify';
import { JsonError, parseJson } from '../../lib/json-parse.ts';
import type { Json } from '../../lib/json.ts';

/** Beyond what is let through as a tool's arguments, which come wrapped in a few levels. */
const maxDepth = 80;

/** Bodies of this scope are JSON in UTF-8 and nothing else; an empty one is undefined. */
export function acceptMessages(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => (body.length === 0 ? undefined : readBody(body)),
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readBody(body: Buffer): Json {
  return parseJson(decode(body), { maxDepth });
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new JsonError('the body is not UTF-8');
  }
}
