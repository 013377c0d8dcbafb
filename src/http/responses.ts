import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** What became of a request. */
export interface Answer {
  readonly method: string;
  /** The route's pattern, such as `/jobs/:id`; `unmatched` if there is none. Never a path. */
  readonly route: string;
  /** 499, as proxies have it, if the client left before its answer began. */
  readonly status: number;
  /** From the request's head to the end of the answer. */
  readonly seconds: number;
  /** A stream of events, which lasts as long as its job or its client. */
  readonly isStream: boolean;
}

export type AnswerListener = (answer: Answer) => void;

/** By the response's `close`: answers that their client leaves behind are never finished. */
export function tellAnswers(app: FastifyInstance, listener: AnswerListener): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const began = performance.now();
    raw.once('close', () => {
      listener({
        method: request.method,
        route: request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched'),
        status: raw.headersSent ? raw.statusCode : 499,
        seconds: (performance.now() - began) / 1000,
        isStream: isStream(raw),
      });
    });
    done();
  });
}

function isStream(response: ServerResponse): boolean {
  return response.getHeader('content-type') === 'text/event-stream';
}
