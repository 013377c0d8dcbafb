import type { FastifyInstance } from 'fastify';
import { maxMessageDepth, parseJson } from '../lib/json-parse.ts';
import type { Json } from '../lib/json.ts';
import { storableJson } from '../wire/storable-json.ts';

/** Bodies are JSON and nothing else, for the routes of this scope. */
export function acceptJson(scope: FastifyInstance): void {
  readBodies(scope, (text) => parseJson(text, { maxDepth: maxMessageDepth }));
}

/**
 * The same, with characters that no store can hold replaced: the work that an actor reports is
 * done, and cannot be told in other words.
 */
export function acceptReports(scope: FastifyInstance): void {
  readBodies(scope, storableJson);
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
