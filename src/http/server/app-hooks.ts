import type { FastifyInstance } from 'fastify';
import type { Log } from '../../lib/log.ts';
import { settleRepeats, valueOfJoined } from '../../lib/repeated-headers.ts';
import { shareWith } from './cors.ts';
import { invalid, problemOf } from '../fault.ts';
import type { HostGuard } from './host-guard.ts';
import { Problem, sendProblem } from '../problem.ts';

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
    const { host, origin } = request.headers;
    // As RFC 9112, section 3.2 demands.
    if (host === undefined && request.raw.httpVersion === '1.1') {
      return done(invalid('the request has no Host'));
    }
    const refusal = guard.refusal(request.headers);
    if (refusal !== null) return done(refusal);
    if (origin !== undefined && guard.isAllowed(origin)) shareWith(origin, reply);
    done();
  });
}

/** Refuses compressed bodies. Without this they would be called malformed JSON. */
export function refuseEncodedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined) return done();
    const once = valueOfJoined(encoding) ?? encoding;
    if (once.toLowerCase() === 'identity') return done();
    const detail = `the body must not be encoded, but is said to be ${encoding}`;
    done(new Problem(415, 'encoded_body', detail, { headers: { 'accept-encoding': 'identity' } }));
  });
}

/** Sends a problem for every error that a route throws, and logs those that nobody foresaw. */
export function reportErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error, { method, url }, reply) => {
    const problem = problemOf(error);
    if (problem.status === 500) log.error({ err: error, method, url }, 'request failed');
    return sendProblem(reply, problem);
  });
}
