import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Config } from '../../config.ts';
import type { Log } from '../../lib/log.ts';
import { guardHost, refuseEncodedBodies, reportErrors, takeRepeatedHeaders } from './app-hooks.ts';
import { problemOf } from '../fault.ts';
import { HostGuard } from './host-guard.ts';
import { sendProblem } from '../problem.ts';
import { answerUnmatched } from './unmatched.ts';
import { answerUnreadable, refuseExpectations } from './unreadable.ts';

/** A server without routes. Requests that cannot be read get a problem as their response. */
export function createServer(options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify({
    ...options,
    // guardHost checks it. Node.js would answer without a body.
    http: { requireHostHeader: false },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, problemOf(error));
    },
  });
  refuseExpectations(app.server);
  return app;
}

export interface RefusalParts {
  readonly config: Pick<Config, 'host' | 'allowedHosts' | 'allowedOrigins'>;
  readonly log: Log;
}

/**
 * Makes a server send a problem for requests that the guard refuses, for those that no route takes, and
 * for the errors of routes. Call it before the routes are added, because it notes their paths, and after
 * hooks that have to see refused requests as well.
 */
export function refuseWithProblems(app: FastifyInstance, { config, log }: RefusalParts): void {
  takeRepeatedHeaders(app);
  guardHost(app, new HostGuard(config));
  reportErrors(app, log);
  answerUnmatched(app);
  refuseEncodedBodies(app);
}
