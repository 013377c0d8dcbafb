import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listedJobs } from '../../support/jobs.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';

let gateway: McpGateway;
let outage: OutageStore;

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('quick', { mode: 'handle' }),
      anyTool('strict', {
        checkArguments: () => ({ ok: false, faults: ['a is missing', 'b too'] }),
      }),
      anyTool('task_only', { taskSupport: 'required' }),
    ],
    config: { maxBodyBytes: 10_000 },
    wrapStore: (store) => {
      outage = withOutages(store);
      return outage.store;
    },
  });
});

afterEach(() => gateway.close());

async function initialize(protocolVersion: string): Promise<Response> {
  return gateway.post(rpc('initialize', { protocolVersion, capabilities: {}, clientInfo: {} }));
}

describe('initialize', () => {
  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'agrees to %s',
    async (protocolVersion) => {
      const response = await initialize(protocolVersion);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        jsonrpc: '2.0',
        id: 1,
        result: {
          protocolVersion,
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: 'asya-gateway', version: '1.2.3' },
        },
      });
      const id = response.headers.get('mcp-session-id') ?? '';
      expect(gateway.sessions.read(id)).toMatchObject({ protocolVersion, capabilities: [] });
    },
  );

  test('offers the latest version to a client that asks for another', async () => {
    const response = await initialize('1999-01-01');
    expect(await response.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });

  test('needs a version', async () => {
    const response = await gateway.post(rpc('initialize', {}));
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32602 } });
  });

  test('begins anew where the old session is over', async () => {
    const response = await gateway.post(rpc('initialize', { protocolVersion: '2025-11-25' }), {
      'mcp-session-id': 'old',
    });
    expect(response.status).toBe(200);
  });
});

describe('a session', () => {
  test('is optional', async () => {
    expect((await gateway.post(rpc('ping'))).status).toBe(200);
  });

  test('that is not one of ours is 404', async () => {
    const response = await gateway.post(rpc('ping'), { 'mcp-session-id': 'forged' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, error: { code: -32600 } });
  });

  test('ends by DELETE', async () => {
    const id = (await initialize('2025-11-25')).headers.get('mcp-session-id') ?? '';
    expect((await gateway.post(rpc('ping'), { 'mcp-session-id': id })).status).toBe(200);
    expect(await endSession({ 'mcp-session-id': id })).toBe(200);
    expect((await gateway.post(rpc('ping'), { 'mcp-session-id': id })).status).toBe(404);
    expect((await gateway.get({ 'mcp-session-id': id })).status).toBe(404);
    expect(await endSession({ 'mcp-session-id': id })).toBe(404);
    expect(await endSession({ 'mcp-session-id': 'forged' })).toBe(404);
    expect(await endSession({})).toBe(400);
  });

  test('remembers what the client can do', async () => {
    const response = await gateway.post(
      rpc('initialize', {
        protocolVersion: '2025-11-25',
        capabilities: { elicitation: { form: {} }, sampling: {} },
      }),
    );
    const id = response.headers.get('mcp-session-id') ?? '';
    expect(gateway.sessions.read(id)).toMatchObject({
      capabilities: ['elicitation', 'elicitation.form', 'sampling'],
    });
  });

  test('tells the protocol version where the header does not', async () => {
    const batch = [rpc('ping')];
    const send = async (version: string) => {
      const id = (await initialize(version)).headers.get('mcp-session-id') ?? '';
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'mcp-session-id': id },
        body: JSON.stringify(batch),
      });
      return response.status;
    };
    expect(await send('2025-03-26')).toBe(200);
    expect(await send('2025-06-18')).toBe(400);
  });
});

describe('messages', () => {
  test('ping is answered', async () => {
    const response = await gateway.post(rpc('ping', undefined, 'p'));
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
  });

  test.each(['notifications/initialized', 'notifications/cancelled', 'notifications/whatever'])(
    '%s is accepted',
    async (method) => {
      const response = await gateway.post({ jsonrpc: '2.0', method, params: { requestId: 1 } });
      expect(response.status).toBe(202);
      expect(await response.text()).toBe('');
    },
  );

  test('an answer is accepted', async () => {
    expect((await gateway.post({ jsonrpc: '2.0', id: 1, result: {} })).status).toBe(202);
  });

  test('an unknown method is -32601', async () => {
    const response = await gateway.post(rpc('resources/list'));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32601 } });
  });

  test('a body that is not UTF-8 is refused', async () => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32700 } });
  });

  test('a foreign origin is 403', async () => {
    const response = await gateway.post(rpc('ping'), { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
  });

  test.each(['HEAD', 'PUT', 'PATCH'])('%s is 405', async (method) => {
    const response = await fetch(gateway.url, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, GET, DELETE, OPTIONS');
  });
});

describe('the protocol version', () => {
  test('of the header must be known', async () => {
    const response = await gateway.post(rpc('ping'), { 'mcp-protocol-version': '2023-01-01' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      id: 1,
      error: { code: -32600, data: { requested: '2023-01-01' } },
    });
  });
});

describe('a batch', () => {
  const old = { 'mcp-protocol-version': '2025-03-26' };

  test('is answered message by message', async () => {
    const response = await gateway.post(
      [
        rpc('ping', undefined, 1),
        { jsonrpc: '2.0', method: 'notifications/initialized' },
        rpc('initialize', { protocolVersion: '2025-03-26' }, 2),
        { jsonrpc: '2.0', id: 3 },
        callOf('quick'),
      ],
      old,
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: { code: -32600 } },
      { id: 3, error: { code: -32600 } },
      { id: 1, result: { isError: false } },
    ]);
  });

  test('of notifications is accepted', async () => {
    const response = await gateway.post([{ jsonrpc: '2.0', method: 'notifications/x' }], old);
    expect(response.status).toBe(202);
  });
});

describe('tools/call', () => {
  test('of an unknown tool is -32602', async () => {
    const response = await gateway.post(callOf('nothing'));
    expect(await response.json()).toMatchObject({ error: { code: -32602 } });
  });

  test('without a name is -32602', async () => {
    const response = await gateway.post(rpc('tools/call', {}));
    expect(await response.json()).toMatchObject({ error: { code: -32602 } });
  });

  test('with a progress token that is none is -32602', async () => {
    const response = await gateway.post(callOf('quick', {}, { progressToken: {} }));
    expect(await response.json()).toMatchObject({ error: { code: -32602 } });
    expect(await allJobs()).toEqual([]);
  });

  test('of a tool for tasks alone is -32601', async () => {
    const response = await gateway.post(callOf('task_only'));
    expect(await response.json()).toMatchObject({ error: { code: -32601 } });
  });

  test('names every fault of the arguments', async () => {
    const response = await gateway.post(callOf('strict'));
    expect(await response.json()).toMatchObject({
      result: {
        isError: true,
        content: [{ type: 'text', text: 'Invalid arguments for strict: a is missing; b too' }],
      },
    });
  });

  test.each(['{"a":"\\u0000"}', '{"a":["\\ud800"]}', '{"a\\u0000":1}'])(
    'refuses arguments that cannot be stored: %s',
    async (args) => {
      const response = await gateway.post(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quick","arguments":${args}}}`,
      );
      expect(await response.json()).toMatchObject({ result: { isError: true } });
      expect(await allJobs()).toEqual([]);
    },
  );

  test('hands the trace context on, and no other header', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await gateway.post(callOf('quick'), { traceparent, authorization: 'Bearer x' });
    expect(await allJobs()).toMatchObject([{ headers: { traceparent } }]);
    expect(JSON.stringify(await allJobs())).not.toContain('Bearer');
  });

  test('during an outage of the store is 503', async () => {
    outage.away = true;
    const response = await gateway.post(callOf('quick'));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({
      id: 1,
      error: { code: -32603, data: { code: 'store_unavailable' } },
    });
  });
});

function allJobs() {
  return listedJobs(gateway.store);
}

async function endSession(headers: Readonly<Record<string, string>>): Promise<number> {
  const { status } = await fetch(gateway.url, { method: 'DELETE', headers });
  return status;
}
