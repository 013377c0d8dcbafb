import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyTool, rpc, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { modernMeta } from '../../support/clients/modern-client.ts';

/*
 * Serialisers of many languages write null for what is absent: in every optional field of a message null
 * means that it is not there.
 */

let gateway: McpGateway;

beforeAll(async () => {
  gateway = await startMcpGateway({
    tools: [anyTool('quick', { mode: 'handle', taskSupport: 'optional' })],
  });
});
afterAll(() => gateway.close());

type Params = Record<string, unknown> | null;

/** What is answered: a result, or an error's code and text. */
async function answer(response: Response): Promise<unknown> {
  const text = await response.text();
  const [, data = text] = /^data: (\{.*)$/m.exec(text) ?? [];
  const { result, error } = JSON.parse(data) as { result?: object; error?: object };
  return error ?? Object.keys(result ?? {}).toSorted();
}

const initialize = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

const legacy: [string, Params, Params][] = [
  ['ping', {}, null],
  ['ping', {}, { _meta: null }],
  ['initialize', initialize, { ...initialize, _meta: null }],
  [
    'initialize',
    initialize,
    {
      ...initialize,
      capabilities: { elicitation: null, sampling: null, roots: null, tasks: null },
    },
  ],
  [
    'initialize',
    initialize,
    { ...initialize, clientInfo: { name: 'test', version: '1', title: null, icons: null } },
  ],
  ['tools/list', {}, null],
  ['tools/list', {}, { cursor: null, _meta: null }],
  ['tools/call', { name: 'quick' }, { name: 'quick', arguments: null }],
  ['tools/call', { name: 'quick' }, { name: 'quick', _meta: null, task: null }],
  ['tools/call', { name: 'quick' }, { name: 'quick', _meta: { progressToken: null } }],
  [
    'tools/call',
    { name: 'quick', task: {} },
    { name: 'quick', task: { ttl: null, pollInterval: null } },
  ],
  ['tasks/list', {}, { cursor: null }],
];

describe('2025-11-25', () => {
  test.each(legacy)('%s %j: %j', async (method, absent, withNull) => {
    const headers = gateway.sessionHeaders();
    const post = (params: Params) =>
      gateway.post({ ...rpc(method), params }, method === 'initialize' ? {} : headers);
    const expected = await answer(await post(absent));
    expect(await answer(await post(withNull))).toEqual(expected);
  });

  test.each([null, { _meta: null }])('a notification with the params %j', async (params) => {
    const message = { jsonrpc: '2.0', method: 'notifications/initialized', params };
    const response = await gateway.post(message, gateway.sessionHeaders());
    expect(response.status).toBe(202);
  });

  test('a cancellation without a reason', async () => {
    const params = { requestId: 'nobody', reason: null, _meta: null };
    const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
    const response = await gateway.post(message, gateway.sessionHeaders());
    expect(response.status).toBe(202);
  });

  test('an answer that names no error', async () => {
    const message = { jsonrpc: '2.0', id: 1, result: {}, error: null };
    const response = await gateway.post(message, gateway.sessionHeaders());
    expect(response.status).toBe(202);
  });
});

const clientInfo = { name: 'test', version: '1', title: null, icons: null };
const modern: [
  string,
  Record<string, unknown>,
  Record<string, unknown>,
  Record<string, unknown>,
][] = [
  ['tools/list', {}, { cursor: null }, {}],
  ['tools/list', {}, {}, { progressToken: null, traceparent: null, tracestate: null }],
  ['tools/list', {}, {}, { 'io.modelcontextprotocol/clientInfo': clientInfo }],
  [
    'tools/list',
    {},
    {},
    {
      'io.modelcontextprotocol/clientCapabilities': {
        elicitation: null,
        sampling: null,
        extensions: null,
      },
    },
  ],
  ['tools/call', { name: 'quick' }, { name: 'quick', arguments: null }, {}],
  [
    'tools/call',
    { name: 'quick' },
    { name: 'quick', inputResponses: null, requestState: null },
    {},
  ],
  ['server/discover', {}, {}, { progressToken: null }],
];

describe('2026-07-28', () => {
  test.each(modern)('%s %j: %j, and %j in _meta', async (method, absent, withNull, meta) => {
    const post = (params: Record<string, unknown>, more = {}) => {
      const { name } = params;
      return gateway.post(
        { ...rpc(method), params: { ...params, _meta: modernMeta({ meta: more }) } },
        {
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...(typeof name === 'string' && { 'mcp-name': name }),
        },
      );
    };
    const expected = await answer(await post(absent));
    expect(await answer(await post(withNull, meta))).toEqual(expected);
  });
});
