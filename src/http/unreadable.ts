import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemJson, problemType } from './problem.ts';

/*
 * What Node.js refuses before there is a request for Fastify. By itself Node.js answers with a status
 * alone, and Fastify with JSON of another shape.
 */

/** For Fastify's `clientErrorHandler`: answers what is no HTTP, is too large or comes too slowly. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // The client is gone, or has its answer already.
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

/** Answers `Expect` with anything but 100-continue, which the server meets by itself. */
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
