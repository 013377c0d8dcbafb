import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';

let gateway: TestApp;
let outage: OutageStore;
let logged: string;
beforeEach(async () => {
  logged = '';
  gateway = await createTestApp({
    config: { maxBodyBytes: 2_048 },
    wrapStore: (store) => (outage = withOutages(store)).store,
    mcp: async (app) => void app.post('/mcp', { config: { access: 'caller' } }, async () => ({})),
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
  });
});
afterEach(() => gateway.close());

const json = { 'content-type': 'application/json' };
const send = (payload: string, headers: Record<string, string> = json) =>
  gateway.app.inject({ method: 'POST', url: '/tools/call', headers, payload });

function bodyOf(bytes: number): string {
  const empty = JSON.stringify({ name: 'a', arguments: '' });
  return JSON.stringify({ name: 'a', arguments: 'x'.repeat(bytes - empty.length) });
}

describe('bodies', () => {
  test.each(['{"name":', '{"name":"a",}', 'nothing', '\u0000'])(
    '400 malformed_json for %j',
    async (payload) => {
      const response = await send(payload);
      expect(response.statusCode).toBe(400);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ status: 400, code: 'malformed_json' });
    },
  );

  test('400 for JSON that nests too deeply, whatever it says', async () => {
    const response = await send(`{"name":"a","arguments":${'['.repeat(900)}${']'.repeat(900)}}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      code: 'malformed_json',
      detail: expect.stringContaining('deeper'),
    });
  });

  test('413 for a body larger than the limit, and none at the limit', async () => {
    expect((await send(bodyOf(2_048))).json()).toMatchObject({ code: 'tool_not_found' });
    const response = await send(bodyOf(2_049));
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  test.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['nothing readable', { 'content-type': '???' }],
    ['no type', {}],
  ])('415 for a body declared as %s', async (_name, headers) => {
    const response = await send('{"name":"a"}', headers);
    expect(response.statusCode).toBe(415);
    expect(response.headers['accept']).toBe('application/json');
    expect(response.json()).toMatchObject({
      status: 415,
      code: 'not_json',
      detail: expect.stringContaining("-H 'content-type: application/json'"),
    });
  });

  test.each(['gzip', 'br, gzip', 'x'])('415 for a body in the encoding %s', async (encoding) => {
    const response = await send('{"name":"a"}', { ...json, 'content-encoding': encoding });
    expect(response.statusCode).toBe(415);
    expect(response.headers['accept-encoding']).toBe('identity');
    expect(response.json()).toMatchObject({
      code: 'encoded_body',
      detail: expect.stringContaining(encoding),
    });
  });

  test('identity is no encoding', async () => {
    const response = await send('{"name":"a"}', { ...json, 'content-encoding': 'Identity' });
    expect(response.json()).toMatchObject({ code: 'tool_not_found' });
  });

  test('a charset may stand beside the type', async () => {
    const response = await send('{"name":"a"}', {
      'content-type': 'Application/JSON; charset=utf-8',
    });
    expect(response.json()).toMatchObject({ code: 'tool_not_found' });
  });

  test('400 for a missing body', async () => {
    const response = await gateway.app.inject({ method: 'POST', url: '/tools/call' });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ detail: 'body: must be object' });
  });
});

describe('paths and methods', () => {
  test.each(['/', '/job', '/jobs/a/b', '/jobs/a/stream/b', '/JOBS', '/health/'])(
    '404 path_not_found for %s',
    async (url) => {
      const response = await gateway.app.inject({ url });
      expect(response.statusCode).toBe(404);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ status: 404, code: 'path_not_found' });
    },
  );

  test.each([
    ['PUT', '/jobs', 'GET, HEAD, OPTIONS'],
    ['POST', '/jobs/a', 'GET, HEAD, DELETE, OPTIONS'],
    ['DELETE', '/jobs/a/stream', 'GET, HEAD, OPTIONS'],
    ['POST', '/jobs/a/active', 'GET, HEAD, OPTIONS'],
    ['GET', '/jobs/a/cancel', 'POST, OPTIONS'],
    ['GET', '/jobs/a/heartbeat', 'POST, OPTIONS'],
    ['PUT', '/jobs/a/progress', 'POST, OPTIONS'],
    ['PATCH', '/jobs/a/final?x=1', 'POST, OPTIONS'],
    ['GET', '/tools/call', 'POST, OPTIONS'],
    ['GET', '/mcp', 'POST, OPTIONS'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/ready', 'GET, HEAD, OPTIONS'],
  ] as const)('405 for %s %s with Allow: %s', async (method, url, allow) => {
    const response = await gateway.app.inject({ method, url });
    expect(response.statusCode).toBe(405);
    expect(response.headers['allow']).toBe(allow);
    expect(response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  test.each(['QUERY', 'PROPFIND', 'TRACE', 'M-SEARCH'] as const)(
    '405 for %s, which no path takes',
    async (method) => {
      const response = await gateway.app.inject({ method: method as 'GET', url: '/jobs' });
      expect(response.statusCode).toBe(405);
      expect(response.headers['allow']).toBe('GET, HEAD, OPTIONS');
    },
  );

  test('405 whatever the body is', async () => {
    const headers = { 'content-type': 'text/plain' };
    const request = { method: 'PUT', url: '/jobs', headers, payload: 'x' } as const;
    expect((await gateway.app.inject(request)).statusCode).toBe(405);
  });

  test('OPTIONS tells the methods of a path, and 404 of none', async () => {
    const response = await gateway.app.inject({ method: 'OPTIONS', url: '/jobs/a' });
    expect(response.statusCode).toBe(204);
    expect(response.headers['allow']).toBe('GET, HEAD, DELETE, OPTIONS');
    expect((await gateway.app.inject({ method: 'OPTIONS', url: '/no' })).statusCode).toBe(404);
  });

  test('400 for a path that is no URL', async () => {
    const response = await gateway.app.inject({ url: '/jobs/%zz' });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ code: 'invalid_request' });
  });
});

describe('an outage of the store is a 503 with Retry-After, never 404 or 410', () => {
  test.each([
    ['GET', '/jobs', null],
    ['GET', '/jobs/a', null],
    ['GET', '/jobs/a/stream', null],
    ['GET', '/jobs/a/active', null],
    ['DELETE', '/jobs/a', null],
    ['POST', '/jobs/a/cancel', null],
    ['POST', '/jobs/a/heartbeat', { actor_name: 'a', status: 'picked_up' }],
    ['POST', '/jobs/a/progress', { step: 'a', step_index: 0, total_steps: 1, status: 'received' }],
    ['POST', '/jobs/a/final', { status: 'succeeded' }],
  ] as const)('%s %s', async (method, url, payload) => {
    outage.away = true;
    const response = await gateway.app.inject({ method, url, ...(payload && { payload }) });
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(response.body).not.toContain('the test says so');

    outage.away = false;
    expect((await gateway.app.inject({ url: '/jobs' })).statusCode).toBe(200);
  });
});

describe('every refusal has the members of a problem, and error for the second generation', () => {
  test.each([
    ['GET', '/nothing', 404],
    ['PUT', '/jobs', 405],
    ['GET', '/jobs/nobody', 404],
    ['GET', '/jobs?limit=0', 400],
    ['GET', `/jobs/${'x'.repeat(3_000)}`, 414],
    ['GET', '/jobs/%zz', 400],
    ['POST', '/tools/call', 400],
  ] as const)('%s %s', async (method, url, status) => {
    const response = await gateway.app.inject({ method, url });
    expect(response.statusCode).toBe(status);
    const problem = response.json();
    expect(problem).toMatchObject({
      title: expect.any(String),
      status,
      code: expect.stringMatching(/^[a-z_]+$/),
      detail: expect.any(String),
    });
    expect(problem.error).toBe(problem.detail);
  });
});

describe('an error nobody foresaw', () => {
  test('is a 500 that tells nothing, and is logged with the request', async () => {
    gateway.store.list = async () => {
      throw new TypeError('password is hunter2');
    };
    const response = await gateway.app.inject({ url: '/jobs?limit=1' });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      title: 'Internal Server Error',
      status: 500,
      code: 'internal_error',
      error: 'the gateway could not answer this request',
      detail: 'the gateway could not answer this request',
    });
    expect(logged).toContain('hunter2');
    expect(logged).toContain('"url":"/jobs?limit=1"');
  });

  test('what clients do wrong is not logged', async () => {
    await send('nothing');
    await gateway.app.inject({ url: '/no' });
    expect(logged).toBe('');
  });
});
