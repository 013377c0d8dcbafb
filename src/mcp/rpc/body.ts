import type { FastifyInstance } from 'fastify';
import { JsonError, maxMessageDepth, parseJson } from '../../lib/json-parse.ts';

/** Bodies of this scope are JSON in UTF-8 and nothing else; an empty one is undefined. */
export function acceptMessages(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) =>
      body.length === 0 ? undefined : parseJson(decode(body), { maxDepth: maxMessageDepth }),
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new JsonError('the body is not UTF-8');
  }
}
