import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** What became of a request. */
export interface HandledRequest {
  readonly method: string;
  /** The route's pattern, such as `/jobs/:id`; `unmatched` if there is none. Never a path. */
  readonly route: string;
  /** 499, as proxies have it, if the client left before its response began. */
  readonly status: number;
  /** From the request's head to the end of the response. */
  readonly seconds: number;
  /** The response was a stream of events, which lasts as long as its job or its client. */
  readonly isStream: boolean;
}

export type ResponseListener = (handled: HandledRequest) => void;

/** Goes by the response's `close`: a response that its client leaves behind is never finished. */
export function tellResponses(app: FastifyInstance, listener: ResponseListener): void {
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
