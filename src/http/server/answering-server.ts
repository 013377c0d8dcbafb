import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.ts';
import type { Log } from '../../lib/log.ts';
import { admitCallers, type AccessHookParts } from '../access-hook.ts';
import { tellResponses, type ResponseListener } from './responses.ts';
import { createServer, refuseWithProblems } from './server.ts';

/** A request that is not in by then is given up, so that slow senders hold no connection. */
const requestTimeoutMs = 60_000;

/** Ids are checked by the routes; beyond this the router itself says no. */
const maxParamLength = 1_024;

export interface AnsweringParts extends AccessHookParts {
  readonly config: Pick<Config, 'maxBodyBytes' | 'host' | 'allowedHosts' | 'allowedOrigins'>;
  readonly log: Log;
  /** Told of every request that is over, whether or not it got its response. */
  readonly onResponse?: ResponseListener;
  /** Aborted when the gateway drains: streams and waits end. */
  readonly closing: AbortSignal;
}

/** A server without routes that answers clients or actors, and lets in whom the rules let in. */
export function createAnsweringServer(parts: AnsweringParts) {
  const { config, log, closing } = parts;
  const app = createServer({
    bodyLimit: config.maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength },
    // What still comes in over an open connection while the server closes is answered.
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  // These two see every request, also those that are refused.
  if (parts.onResponse !== undefined) tellResponses(app, parts.onResponse);
  sayFarewell(app, closing);
  refuseWithProblems(app, { config, log });
  admitCallers(app, parts);
  return app;
}

/** While the gateway drains, answers end the connection they come by. */
function sayFarewell(app: FastifyInstance, closing: AbortSignal): void {
  app.addHook('onRequest', (_request, reply, done) => {
    if (closing.aborted) reply.header('connection', 'close');
    done();
  });
}
