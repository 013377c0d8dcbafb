import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listedJobs } from '../support/jobs.ts';
import { modernMeta } from '../support/clients/modern-client.ts';
import { anyTool, callOf, rpc, startMcpGateway, type McpGateway } from '../support/mcp-gateway.ts';

/*
 * Some clients and proxies send a header twice. Sent as two lines, Node joins most of them, keeps the
 * first of others; and a proxy may join them itself (RFC 9110, section 5.3).
 */

let gateway: McpGateway;

beforeEach(async () => {
  const inputSchema = {
    type: 'object',
    properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
  };
  gateway = await startMcpGateway({
    tools: [
      anyTool('region', { inputSchema, mode: 'handle' }),
      anyTool('wait', { mode: 'wait' }),
      anyTool('odd, name', { mode: 'handle' }),
    ],
    config: { allowedOrigins: ['https://app.example', 'https://other.example'] },
  });
});

afterEach(() => gateway.close());

/** A list is sent as a line for each value. */
type SentHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Reply {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are matched, not typed
  readonly body: any;
}

function send(method: string, path: string, headers: SentHeaders, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lines = Object.entries({ host: 'localhost', ...headers }).flatMap(([name, values]) =>
      [values ?? []].flat().flatMap((value) => [name, value]),
    );
    const options = { method, headers: lines, setHost: false };
    const sent = request(new URL(path, gateway.url), options, (response) => {
      const { statusCode: status = 0, headers: received } = response;
      if (received['content-type'] === 'text/event-stream') {
        response.destroy();
        return resolve({ status, body: 'a stream' });
      }
      json(response).then(
        (value) => resolve({ status, body: value }),
        () => resolve({ status, body: null }),
      );
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const accept = 'application/json, text/event-stream';
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** What is done with a request that is sent with this header, and a second value for it. */
interface Case {
  readonly header: string;
  readonly value: () => string;
  readonly other: string;
  readonly send: (headers: SentHeaders) => Promise<Reply>;
}

function post(headers: SentHeaders, body: object = rpc('ping')): Promise<Reply> {
  return send('POST', '/mcp', { 'content-type': 'application/json', accept, ...headers }, body);
}

function postModern(headers: SentHeaders): Promise<Reply> {
  const params = { name: 'region', arguments: { region: 'eu' }, _meta: modernMeta() };
  return post(
    {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'region',
      'mcp-param-region': 'eu',
      ...headers,
    },
    rpc('tools/call', params),
  );
}

function session(): string {
  return gateway.sessionHeaders()['mcp-session-id'] ?? '';
}

async function streamOf(headers: SentHeaders): Promise<Reply> {
  const job = await gateway.submit();
  return send('GET', `/jobs/${job.id}/stream`, headers);
}

const cases: readonly Case[] = [
  { header: 'MCP-Protocol-Version', value: () => '2025-11-25', other: '2025-06-18', send: post },
  {
    header: 'MCP-Protocol-Version',
    value: () => '2026-07-28',
    other: '2025-11-25',
    send: postModern,
  },
  { header: 'Mcp-Session-Id', value: session, other: 'another', send: post },
  {
    header: 'Mcp-Session-Id',
    value: session,
    other: 'another',
    send: (headers) => send('DELETE', '/mcp', headers),
  },
  { header: 'Mcp-Method', value: () => 'tools/call', other: 'tools/list', send: postModern },
  { header: 'Mcp-Name', value: () => 'region', other: 'wait', send: postModern },
  { header: 'Mcp-Param-Region', value: () => 'eu', other: 'us', send: postModern },
  { header: 'Last-Event-ID', value: () => '1', other: '2', send: streamOf },
  {
    header: 'Last-Event-ID',
    value: () => 'tools.AAAAAAAAAAAAAAAA',
    other: 'tools.BBBBBBBBBBBBBBBB',
    send: (headers) => send('GET', '/mcp', { accept: 'text/event-stream', ...headers }),
  },
  {
    header: 'Origin',
    value: () => 'https://app.example',
    other: 'https://other.example',
    send: post,
  },
  { header: 'Host', value: () => 'localhost', other: '127.0.0.1', send: post },
  {
    header: 'Content-Type',
    value: () => 'application/json',
    other: 'text/plain',
    send: post,
  },
  {
    header: 'traceparent',
    value: () => traceparent,
    other: traceparent.replace('-01', '-00'),
    send: (headers) => post(headers, callOf('region')),
  },
];

describe.each(cases)('$header', ({ header, value, other, send: sendWith }) => {
  test('sent twice with one value is that value', async () => {
    const name = header.toLowerCase();
    const once = await sendWith({ [name]: value() });
    expect(once.status).toBeLessThan(300);
    const ways = [(v: string) => [v, v], (v: string) => `${v}, ${v}`, (v: string) => `${v},${v}`];
    for (const repeat of ways) {
      const twice = repeat(value());
      const { status, body } = await sendWith({ [name]: twice });
      expect({ twice, status, body }).toMatchObject({ status: once.status });
      if (once.body?.result !== undefined) expect(body.result).toBeDefined();
    }
  });

  test('sent with two values is refused by its name', async () => {
    const [name, own] = [header.toLowerCase(), value()];
    for (const twice of [[own, other], [other, own], `${own}, ${other}`]) {
      const { status, body } = await sendWith({ [name]: twice });
      expect({ twice, status }).toEqual({ twice, status: 400 });
      expect(JSON.stringify(body).toLowerCase()).toContain(name);
    }
  });
});

test('the trace context of a header that was sent twice goes to the actors', async () => {
  await post({ traceparent: [traceparent, traceparent] }, callOf('region'));
  expect(await listedJobs(gateway.store, { limit: 1 })).toMatchObject([
    { headers: { traceparent } },
  ]);
});

test('a key that is sent twice is one key, and two keys are refused', async () => {
  const call = { name: 'region', arguments: {} };
  const sendKey = (key: readonly string[]): Promise<Reply> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    return send('POST', '/tools/call', headers, call);
  };
  const first = await sendKey(['a, b', 'a, b']);
  expect(first).toMatchObject({ status: 200, body: { isError: false } });
  expect(await sendKey(['a, b'])).toEqual(first);
  const refused = await sendKey(['a', 'b']);
  expect(refused).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('Idempotency-Key') },
  });
});

test('headers that are lists may be sent in parts', async () => {
  expect(
    await post({ accept: ['application/json', 'text/event-stream'] }, callOf('region')),
  ).toMatchObject({ status: 200 });
  const call = { name: 'region', arguments: {} };
  const headers = { 'content-type': 'application/json', prefer: ['respond-async', 'wait=0'] };
  expect(await send('POST', '/tools/call', headers, call)).toMatchObject({ status: 200 });
});

test('an encoding that is none may be named twice', async () => {
  const headers = { 'content-encoding': ['identity', 'identity'] };
  expect(await post(headers, callOf('region'))).toMatchObject({ status: 200 });
  const encoded = { 'content-encoding': ['identity', 'gzip'] };
  expect(await post(encoded, callOf('region'))).toMatchObject({ status: 415 });
});

test('a value that holds a comma itself is one value', async () => {
  const params = { name: 'odd, name', arguments: {}, _meta: modernMeta() };
  const headers = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'odd, name',
  };
  expect(await post(headers, rpc('tools/call', params))).toMatchObject({ status: 200 });
  const region = { name: 'region', arguments: { region: 'eu, us' }, _meta: modernMeta() };
  const mirrored = { ...headers, 'mcp-name': 'region', 'mcp-param-region': ['eu, us', 'eu, us'] };
  expect(await post(mirrored, rpc('tools/call', region))).toMatchObject({ status: 200 });
});
