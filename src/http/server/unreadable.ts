import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemJson, problemType } from '../problem.ts';

/*
 * Node.js refuses some requests before Fastify sees them. Its own responses have no body, and Fastify's
 * default ones have JSON of another shape.
 */

/** As Fastify's `clientErrorHandler`, answers bytes that are no HTTP, are too many or come too slowly. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // The client is gone, or has its response already.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const problem = unreadableProblem(error.code);
  const body = JSON.stringify(problemJson(problem));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${problemType}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function unreadableProblem(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request_timeout', 'the request did not arrive in time');
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers_too_large', 'the headers are larger than 16 KiB');
    default:
      return new Problem(400, 'malformed_http', 'the request is not HTTP that can be read');
  }
}

/** Refuses every `Expect` but 100-continue, which Node.js answers by itself. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const detail = `nothing is known of the expectation ${request.headers.expect}`;
    const problem = new Problem(417, 'expectation_failed', detail);
    const body = JSON.stringify(problemJson(problem));
    response
      .writeHead(problem.status, {
        'content-type': `${problemType}; charset=utf-8`,
        'content-length': Buffer.byteLength(body),
      })
      .end(body);
  });
}
