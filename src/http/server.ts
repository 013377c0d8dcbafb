import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Config } from '../config.ts';
import type { Log } from '../lib/log.ts';
import { guardHost, refuseEncodedBodies, reportErrors, takeRepeatedHeaders } from './app-hooks.ts';
import { problemOf } from './fault.ts';
import { HostGuard } from './host-guard.ts';
import { sendProblem } from './problem.ts';
import { answerUnmatched } from './unmatched.ts';
import { answerUnreadable, refuseExpectations } from './unreadable.ts';

/** A server without routes. What cannot be read as a request gets a problem for a response. */
export function createServer(options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify({
    ...options,
    // guardHost refuses it, with a problem.
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
 * Has a server refuse with a problem what the guard turns away, what no route takes, and what a route
 * throws. Has to be called before the routes are added, and after the hooks that see refusals as well.
 */
export function refuseWithProblems(app: FastifyInstance, { config, log }: RefusalParts): void {
  takeRepeatedHeaders(app);
  guardHost(app, new HostGuard(config));
  reportErrors(app, log);
  answerUnmatched(app);
  refuseEncodedBodies(app);
}
