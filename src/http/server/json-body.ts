import type { FastifyInstance } from 'fastify';
import { maxMessageDepth, parseJson } from '../../lib/json-parse.ts';
import type { Json } from '../../lib/json.ts';
import { storableJson } from '../../wire/storable-json.ts';

/** The routes of this scope take JSON bodies and no others. */
export function acceptJson(scope: FastifyInstance): void {
  readBodies(scope, (text) => parseJson(text, { maxDepth: maxMessageDepth }));
}

/**
 * The same, but characters that no store can hold are replaced. A report must not be refused for them,
 * because its work is done and cannot be told in other words.
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
