import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyTool, rpc, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';

/*
 * Every kind of malformed message and the code it is refused with (JSON-RPC 2.0, section 5.1; MCP
 * 2025-11-25, transports).
 */

let gateway: McpGateway;

beforeAll(async () => {
  gateway = await startMcpGateway({
    tools: [anyTool('quick', { mode: 'handle' })],
    config: { maxBodyBytes: 100_000 },
  });
});

afterAll(() => gateway.close());

const ping = '"jsonrpc":"2.0","method":"ping"';

interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly id: unknown;
}

async function refusalOf(body: unknown, headers = {}): Promise<Refusal> {
  const response = await gateway.post(body, headers);
  expect(response.headers.get('content-type')).toContain('application/json');
  const answer = (await response.json()) as { id?: unknown; error: { code: number } };
  expect(answer).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } });
  return { status: response.status, code: answer.error.code, id: answer.id };
}

describe('a body that is not JSON is -32700', () => {
  test.each([
    ['', 'nothing'],
    [' ', 'white space'],
    ['{', 'cut off'],
    [`{${ping},"id":1,}`, 'a trailing comma'],
    [`{${ping},"id":NaN}`, 'not a number'],
    [`{${ping},"id":1}{${ping},"id":2}`, 'two messages'],
    [`\uFEFF{${ping},"id":1`, 'a byte order mark and no end'],
    ["{'jsonrpc':'2.0'}", 'single quotes'],
    [`{${ping},"id":1,"params":${'['.repeat(81)}${']'.repeat(81)}}`, 'too deep'],
    ['['.repeat(50_000), 'far too deep'],
    [`${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`, 'far too deep, of objects'],
  ])('%j: %s', async (body) => {
    expect(await refusalOf(body)).toEqual({ status: 400, code: -32700, id: undefined });
  });
});

describe('JSON that is no message is -32600', () => {
  test.each(['null', 'true', '0', '"ping"', '{}'])('%s', async (body) => {
    expect(await refusalOf(body)).toEqual({ status: 400, code: -32600, id: undefined });
  });

  test.each(['null', 'true', 'false', '1.5', '1e300', '9007199254740993', '{}', '[]', '[1]'])(
    'the id %s',
    async (id) => {
      const body = `{${ping},"id":${id}}`;
      expect(await refusalOf(body)).toEqual({ status: 400, code: -32600, id: undefined });
    },
  );

  test.each([
    '"id":7,"method":"ping"',
    '"jsonrpc":"1.0","id":7,"method":"ping"',
    '"jsonrpc":2,"id":7,"method":"ping"',
    '"jsonrpc":"2.0","id":7',
    '"jsonrpc":"2.0","id":7,"method":null',
    '"jsonrpc":"2.0","id":7,"method":["ping"]',
    '"jsonrpc":"2.0","id":7,"result":1',
    '"jsonrpc":"2.0","id":7,"result":{},"error":{}',
    `${ping},"id":7,"params":"x"`,
    `${ping},"id":7,"params":1`,
  ])('{%s}, which is told by its id', async (content) => {
    expect(await refusalOf(`{${content}}`)).toEqual({ status: 400, code: -32600, id: 7 });
  });
});

test.each(['"a"', '""', '0', '-1', '9007199254740991', '"\\ud800"'])(
  'the id %s is as good as any',
  async (id) => {
    const response = await gateway.post(`{${ping},"id":${id}}`);
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: JSON.parse(id), result: {} });
  },
);

describe('params that do not fit are -32602', () => {
  test('by position', async () => {
    const refusal = await refusalOf(rpc('ping', [1]));
    expect(refusal).toEqual({ status: 400, code: -32602, id: 1 });
  });

  test.each([
    ['initialize', {}],
    ['initialize', { protocolVersion: 20251125 }],
    ['tools/list', { cursor: 'x' }],
    ['tools/list', { cursor: {} }],
    ['tools/call', {}],
    ['tools/call', { name: 1 }],
    ['tools/call', { name: null }],
    ['tools/call', { name: '__proto__' }],
    ['tools/call', { name: 'quick', _meta: { progressToken: 1.5 } }],
    ['tools/call', { name: 'quick', _meta: { progressToken: [] } }],
  ])('%s of %j', async (method, params) => {
    expect(await refusalOf(rpc(method, params))).toEqual({ status: 200, code: -32602, id: 1 });
  });
});

test.each(['resources/read', 'tools/call ', 'Ping', '', '__proto__', 'constructor'])(
  'the method %j is -32601',
  async (method) => {
    expect(await refusalOf(rpc(method))).toEqual({ status: 200, code: -32601, id: 1 });
  },
);

describe('headers', () => {
  test.each([
    [{ 'mcp-protocol-version': '2023-01-01' }, 400],
    [{ 'mcp-protocol-version': 'garbage' }, 400],
    [{ 'mcp-protocol-version': '' }, 400],
    [{ 'mcp-session-id': 'garbage' }, 404],
    [{ 'mcp-session-id': '' }, 404],
    [{ accept: 'text/html' }, 406],
    [{ accept: '' }, 406],
  ])('%j are refused', async (headers, status) => {
    expect(await refusalOf(rpc('ping'), headers)).toEqual({ status, code: -32600, id: 1 });
  });

  test.each(['text/plain', 'application/jsonp', 'x'])(
    'Content-Type %s is 415',
    async (contentType) => {
      const refusal = await refusalOf(rpc('ping'), { 'content-type': contentType });
      expect(refusal).toEqual({ status: 415, code: -32600, id: undefined });
    },
  );
});

test('a body that is too large is 413', async () => {
  const refusal = await refusalOf(rpc('ping', { padding: 'x'.repeat(100_000) }));
  expect(refusal).toEqual({ status: 413, code: -32600, id: undefined });
});

describe('a batch', () => {
  const batches = { 'mcp-protocol-version': '2025-03-26' };

  test.each(['2024-11-05', '2025-06-18', '2025-11-25'])('in %s is -32600', async (version) => {
    const refusal = await refusalOf([rpc('ping')], { 'mcp-protocol-version': version });
    expect(refusal).toEqual({ status: 400, code: -32600, id: undefined });
  });

  test.each([
    ['of nothing', []],
    ['of too much', Array.from({ length: 101 }, () => rpc('ping'))],
  ])('%s is -32600', async (_name, batch) => {
    const refusal = await refusalOf(batch, batches);
    expect(refusal).toEqual({ status: 400, code: -32600, id: undefined });
  });

  test('is refused part by part', async () => {
    const parts = [1, null, [], [rpc('ping')], {}, { ...rpc('ping'), id: {} }, rpc('no/such')];
    const response = await gateway.post([...parts, rpc('ping', undefined, 'last')], batches);
    expect(response.status).toBe(200);
    const answers = (await response.json()) as { error?: { code: number } }[];
    expect(answers.map(({ error }) => error?.code)).toEqual([
      ...Array.from({ length: 6 }, () => -32600),
      -32601,
      undefined,
    ]);
  });
});
