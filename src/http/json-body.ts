import type { FastifyInstance } from 'fastify';
import { maxBodyDepth, parseJson } from '../lib/json-parse.ts';
import type { Json } from '../lib/json.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';

/** Bodies are JSON and nothing else, for the routes of this scope. */
export function acceptJson(scope: FastifyInstance): void {
  readBodies(scope, (text) => parseJson(text, { maxDepth: maxBodyDepth }));
}

/**
 * The same, with characters that no store can hold replaced: the work that an actor reports is
 * done, and cannot be told in other words.
 */
export function acceptReports(scope: FastifyInstance): void {
  readBodies(scope, (text) => {
    const value = parseJson(text, { maxDepth: maxBodyDepth });
    return hasUnstorable(text) ? makeStorable(value) : value;
  });
}

/** An empty body counts as none. */
function readBodies(scope: FastifyInstance, read: (text: string) => Json): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (_request, text, done) => done(null, text === '' ? undefined : read(text)),
  );
}
