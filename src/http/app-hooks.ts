import type { FastifyInstance } from 'fastify';
import type { Log } from '../lib/log.ts';
import { settleRepeats } from '../lib/repeated-headers.ts';
import { shareWith } from './cors.ts';
import { problemOf } from './fault.ts';
import type { HostGuard } from './host-guard.ts';
import { sendProblem } from './problem.ts';

/** Lets every route read a header that was sent twice as if it had been sent once. */
export function takeRepeatedHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    settleRepeats(raw.headers, raw.rawHeaders);
    done();
  });
}

/** Refuses, on every route of the app, what the guard refuses. */
export function guardHost(app: FastifyInstance, guard: HostGuard): void {
  app.addHook('onRequest', (request, reply, done) => {
    const refusal = guard.refusal(request.headers);
    if (refusal !== null) return done(refusal);
    const { origin } = request.headers;
    if (origin !== undefined && guard.isAllowed(origin)) shareWith(origin, reply);
    done();
  });
}

/** Answers what is thrown with a problem; logs what nobody foresaw. */
export function reportErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, { method, url }, reply) => {
    const problem = problemOf(error);
    if (problem.status === 500) log.error({ err: error, method, url }, 'request failed');
    return sendProblem(reply, problem);
  });
}
