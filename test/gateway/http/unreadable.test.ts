import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';

/* Requests that the HTTP parser refuses before any route sees them: what they get is a problem, too. */

let gateway: TestApp;
beforeEach(async () => {
  gateway = await createTestApp();
  await gateway.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => gateway.close());

/** Sends bytes, and reads until the gateway closes the connection. */
async function exchange(request: string) {
  const { port } = gateway.app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n', 2);
  const headers = new Headers(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(/: */, 2) as [string, string]),
  );
  return { status: Number(head.split(' ')[1]), headers, body };
}

const close = 'Connection: close\r\n';

describe('a problem answers', () => {
  test.each([
    ['what is not HTTP', 'hello\r\n\r\n', 400, 'malformed_http'],
    ['a version that there is not', 'GET / HTTP/9.9\r\n\r\n', 400, 'malformed_http'],
    [
      'a method that there is not',
      `FOO /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      400,
      'malformed_http',
    ],
    [
      'two lengths of one body',
      'POST /tools/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'malformed_http',
    ],
    [
      'headers that are too large',
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['a missing Host', `GET /health HTTP/1.1\r\n${close}\r\n`, 400, 'invalid_request'],
    [
      'an expectation that is not met',
      `GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: magic\r\n${close}\r\n`,
      417,
      'expectation_failed',
    ],
  ])('%s', async (_name, request, status, code) => {
    const response = await exchange(request);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = JSON.parse(response.body);
    expect(problem).toMatchObject({ status, code, detail: expect.any(String) });
    expect(problem.error).toBe(problem.detail);
  });
});

test('a client that waits for leave to send its body gets it', async () => {
  const request = `POST /tools/call HTTP/1.1\r\nHost: localhost\r\n${close}Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
  expect((await exchange(request)).status).toBe(100);
});
