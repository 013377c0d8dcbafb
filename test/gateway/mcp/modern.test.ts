import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitForOutcome } from '../../../src/calls/job-wait.ts';
import type { JobEvent } from '../../../src/jobs/event.ts';
import type { Job } from '../../../src/jobs/job.ts';
import { listedJobs } from '../../support/jobs.ts';
import {
  askModern,
  messagesOf,
  modernMeta,
  postModern,
} from '../../support/clients/modern-client.ts';
import { anyTool, rpc, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';
import { patienceMs } from '../../support/patience.ts';

/* MCP 2026-07-28 without tasks. No actor runs here: the tests say what happens to a job, and when. */

let gateway: McpGateway;
let outage: OutageStore;
let beforeCreate: () => Promise<void>;

const region = { type: 'string', 'x-mcp-header': 'Region' };

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('quick', { mode: 'handle' }),
      anyTool('wait', { mode: 'wait' }),
      anyTool('brief', { mode: 'hybrid', waitSeconds: 0.02 }),
      anyTool('strict', { checkArguments: () => ({ ok: false, faults: ['a is missing'] }) }),
      anyTool('task_only', { taskSupport: 'required' }),
      anyTool('regional', {
        mode: 'handle',
        inputSchema: { type: 'object', properties: { region } },
      }),
    ],
    wrapStore: (store) => {
      outage = withOutages(store);
      const create = store.create.bind(store);
      store.create = async (...args) => {
        await beforeCreate();
        return create(...args);
      };
      return outage.store;
    },
  });
  beforeCreate = async () => {};
});

afterEach(() => gateway.close());

const ask: OmitUrl<typeof askModern> = (...args) => askModern(gateway.url, ...args);
const post: OmitUrl<typeof postModern> = (...args) => postModern(gateway.url, ...args);

type OmitUrl<F> = F extends (url: URL, ...args: infer Rest) => infer R
  ? (...args: Rest) => R
  : never;

async function allJobs(): Promise<readonly Job[]> {
  return listedJobs(gateway.store);
}

async function onlyJob(): Promise<Job> {
  const [job, ...others] = await allJobs();
  if (job === undefined || others.length > 0) throw new Error('there is not exactly one job');
  return job;
}

const done: JobEvent = { type: 'succeeded', result: { n: 42 } };

const supported = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

describe('server/discover', () => {
  test('tells what the server is and can', async () => {
    expect(await ask('server/discover')).toMatchObject({
      status: 200,
      id: 1,
      result: {
        resultType: 'complete',
        supportedVersions: supported,
        capabilities: {
          tools: { listChanged: true },
          extensions: { 'io.modelcontextprotocol/tasks': {} },
        },
        ttlMs: 60_000,
        cacheScope: 'public',
        _meta: {
          'io.modelcontextprotocol/serverInfo': { name: 'asya-gateway', version: '1.2.3' },
        },
      },
    });
  });

  test('is answered to a client that does not say who it is', async () => {
    const meta = { 'io.modelcontextprotocol/clientInfo': undefined };
    expect(await ask('server/discover', {}, { meta })).toMatchObject({ status: 200, result: {} });
  });
});

describe('tools/list', () => {
  test('lists the tools in their order, to be kept for a minute', async () => {
    const { result } = await ask('tools/list');
    expect(result.tools.map(({ name }: { name: string }) => name)).toEqual([
      'quick',
      'wait',
      'brief',
      'strict',
      'task_only',
      'regional',
      'job_status',
      'job_wait',
      'job_result',
      'job_cancel',
    ]);
    expect(result).toMatchObject({ resultType: 'complete', ttlMs: 60_000, cacheScope: 'public' });
    expect(result.tools[0]).not.toHaveProperty('execution');
  });

  test('has one page', async () => {
    expect(await ask('tools/list', { cursor: 'x' })).toMatchObject({ error: { code: -32602 } });
  });
});

describe('tools/call', () => {
  test('gives the handle of a tool that is not waited for', async () => {
    const { result } = await ask('tools/call', { name: 'quick' });
    expect(result).toMatchObject({
      resultType: 'complete',
      structuredContent: { job_id: (await onlyJob()).id },
      isError: false,
    });
  });

  test('streams progress and then the result', async () => {
    const meta = { progressToken: 'p' };
    const response = await post('tools/call', { name: 'wait' }, { meta });
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const messages = messagesOf(response, 'tools/call');
    const { id } = await onlyJob();
    await gateway.events.apply(id, {
      type: 'heartbeat',
      actorName: 'wait',
      stepStatus: 'processing',
      message: 'half way',
    });
    expect((await messages.next()).value).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: 'p', progress: 50.000002, total: 100, message: 'half way' },
    });
    await gateway.events.apply(id, done);
    expect((await messages.next()).value).toMatchObject({
      id: 1,
      result: { resultType: 'complete', structuredContent: { n: 42 }, isError: false },
    });
    expect(await messages.next()).toMatchObject({ done: true });
  });

  test('gives any JSON as structured content', async () => {
    const messages = messagesOf(await post('tools/call', { name: 'wait' }), 'tools/call');
    await gateway.events.apply((await onlyJob()).id, { type: 'succeeded', result: [1, 2] });
    expect((await messages.next()).value).toMatchObject({
      result: { content: [{ type: 'text', text: '[1,2]' }], structuredContent: [1, 2] },
    });
  });

  test('says itself of what type a result is, whatever the actor says', async () => {
    const messages = messagesOf(await post('tools/call', { name: 'wait' }), 'tools/call');
    const result = { resultType: 'task', content: [], _meta: { 'example.com/a': 1 } };
    await gateway.events.apply((await onlyJob()).id, { type: 'succeeded', result });
    expect((await messages.next()).value).toMatchObject({
      result: {
        resultType: 'complete',
        _meta: { 'example.com/a': 1, 'io.modelcontextprotocol/serverInfo': {} },
      },
    });
  });

  test('gives the handle when the wait was too long', async () => {
    expect(await ask('tools/call', { name: 'brief' })).toMatchObject({
      result: { resultType: 'complete', structuredContent: { job_id: (await onlyJob()).id } },
    });
  });

  test.each<[string, { name?: string }, Record<string, unknown>?]>([
    ['an unknown tool', { name: 'nothing' }],
    ['no name', {}],
    ['a progress token that is none', { name: 'quick' }, { progressToken: {} }],
  ])('with %s is -32602', async (_name, params, meta = {}) => {
    expect(await ask('tools/call', params, { meta })).toMatchObject({
      status: 200,
      id: 1,
      error: { code: -32602 },
    });
  });

  test('names what is wrong with the arguments', async () => {
    expect(await ask('tools/call', { name: 'strict' })).toMatchObject({
      result: { resultType: 'complete', isError: true },
    });
  });

  test('of a tool for tasks alone needs a client that can hold one', async () => {
    expect(await ask('tools/call', { name: 'task_only' })).toMatchObject({
      status: 400,
      id: 1,
      error: {
        code: -32021,
        data: {
          requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } },
        },
      },
    });
    expect(await allJobs()).toEqual([]);
  });

  test('ignores the parameter by which 2025-11-25 asks for a task', async () => {
    const { result } = await ask('tools/call', { name: 'quick', task: { ttl: 1 } });
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: {} });
  });

  test('hands on the trace context of the message', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await ask('tools/call', { name: 'quick' }, { meta: { traceparent } });
    expect(await onlyJob()).toMatchObject({ headers: { traceparent } });
  });

  test('during an outage of the store is 503', async () => {
    outage.away = true;
    expect(await ask('tools/call', { name: 'quick' })).toMatchObject({
      status: 503,
      id: 1,
      error: { code: -32603, data: { code: 'store_unavailable' } },
    });
  });
});

describe('a client that disconnects', () => {
  /** Resolves once the server has seen that an answer's client is gone. */
  function nextClosed(): Promise<unknown> {
    return once(gateway.app.server, 'request').then(([, response]) => once(response, 'close'));
  }

  async function disconnectFrom(name: string, args: object = {}): Promise<void> {
    const closed = nextClosed();
    const client = new AbortController();
    const { signal } = client;
    await post('tools/call', { name, arguments: args }, { signal });
    client.abort();
    await closed;
  }

  async function end(id: string): Promise<Job | null> {
    return waitForOutcome(gateway.jobs, id, { timeoutMs: patienceMs, stopOn: [] });
  }

  test('cancels the job it waits for', async () => {
    await disconnectFrom('wait');
    expect(await end((await onlyJob()).id)).toMatchObject({
      status: 'Cancelled',
      reason: 'CancelledByClient',
    });
  });

  test('before its job was made cancels it, too', async () => {
    const client = new AbortController();
    const closed = nextClosed();
    beforeCreate = async () => {
      client.abort();
      await closed;
    };
    const { signal } = client;
    await expect(post('tools/call', { name: 'wait' }, { signal })).rejects.toThrow('aborted');
    await expect.poll(async () => (await allJobs())[0]?.status).toBe('Cancelled');
  });

  test('does not cancel a job that somebody else started', async () => {
    await ask('tools/call', { name: 'quick' });
    const { id } = await onlyJob();
    await disconnectFrom('job_wait', { job_id: id });
    await gateway.events.apply(id, done);
    expect(await end(id)).toMatchObject({ status: 'Succeeded' });
  });

  test('does not cancel a job whose handle it has', async () => {
    await ask('tools/call', { name: 'brief' });
    const { id } = await onlyJob();
    await gateway.events.apply(id, done);
    expect(await end(id)).toMatchObject({ status: 'Succeeded' });
  });

  test('while the gateway stops leaves the job alone', async () => {
    const messages = messagesOf(await post('tools/call', { name: 'wait' }), 'tools/call');
    gateway.closing.abort();
    expect((await messages.next()).value).toMatchObject({
      error: { data: { code: 'gateway_closing', job_id: (await onlyJob()).id } },
    });
    expect(await onlyJob()).toMatchObject({ status: 'Pending' });
  });
});

describe('what every request must carry', () => {
  const versionKey = 'io.modelcontextprotocol/protocolVersion';
  const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

  test.each([
    ['no version', { [versionKey]: undefined }],
    ['a version that is no string', { [versionKey]: 7 }],
    ['no capabilities', { [capabilitiesKey]: undefined }],
    ['capabilities that are no object', { [capabilitiesKey]: 'all' }],
  ])('with %s it is refused', async (_name, meta) => {
    expect(await ask('server/discover', {}, { meta })).toMatchObject({
      status: 400,
      id: 1,
      error: { code: -32602 },
    });
  });

  test('without _meta the header still tells its era', async () => {
    const response = await gateway.post(rpc('server/discover'), {
      'mcp-protocol-version': '2026-07-28',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32602 } });
  });

  test.each(['2099-01-01', '2025-11-25'])(
    'with a version that is not of this era, %s, it is -32022',
    async (version) => {
      const options = {
        meta: { [versionKey]: version },
        headers: { 'mcp-protocol-version': version },
      };
      expect(await ask('tools/list', {}, options)).toMatchObject({
        status: 400,
        id: 1,
        error: { code: -32022, data: { supported, requested: version } },
      });
    },
  );

  test.each([
    ['another version', { 'mcp-protocol-version': '2025-11-25' }],
    ['no version', { 'mcp-protocol-version': undefined }],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['the method in capitals', { 'mcp-method': 'TOOLS/CALL' }],
    ['no method', { 'mcp-method': undefined }],
    ['another name', { 'mcp-name': 'wait' }],
    ['no name', { 'mcp-name': undefined }],
    ['a name that is not base64', { 'mcp-name': '=?base64?cXVpY2s?=' }],
  ])('with %s in the headers it is -32020', async (_name, headers) => {
    expect(await ask('tools/call', { name: 'quick' }, { headers })).toMatchObject({
      status: 400,
      id: 1,
      error: { code: -32020 },
    });
    expect(await allJobs()).toEqual([]);
  });

  test('a name may be encoded', async () => {
    const headers = { 'mcp-name': '=?base64?cXVpY2s=?=' };
    expect(await ask('tools/call', { name: 'quick' }, { headers })).toMatchObject({ status: 200 });
  });

  test('an argument that its tool wants in a header must be there', async () => {
    const params = { name: 'regional', arguments: { region: 'eu' } };
    expect(await ask('tools/call', params)).toMatchObject({ status: 400, error: { code: -32020 } });
    const headers = { 'mcp-param-region': 'eu' };
    expect(await ask('tools/call', params, { headers })).toMatchObject({ status: 200 });
  });

  test('a client that takes neither JSON nor a stream is 406', async () => {
    const headers = { accept: 'text/html' };
    expect(await ask('tools/list', {}, { headers })).toMatchObject({ status: 406, id: 1 });
  });
});

describe('what this era does not have', () => {
  test.each([
    'initialize',
    'ping',
    'logging/setLevel',
    'tasks/result',
    'tasks/list',
    'prompts/list',
  ])('%s is 404', async (method) => {
    const options = { tasks: true, id: 'x' };
    expect(await ask(method, { taskId: 'a' }, options)).toMatchObject({
      status: 404,
      id: 'x',
      error: { code: -32601 },
    });
  });

  test.each(['GET', 'DELETE', 'PUT'])('%s is 405', async (method) => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-session-id': 'x' };
    const response = await fetch(gateway.url, { method, headers });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
  });

  test('batches are refused', async () => {
    const response = await gateway.post([rpc('tools/list', { _meta: modernMeta() })], {
      'mcp-protocol-version': '2026-07-28',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32600 } });
  });

  test('answers of a client are refused', async () => {
    const response = await gateway.post(
      { jsonrpc: '2.0', id: 1, result: {} },
      { 'mcp-protocol-version': '2026-07-28' },
    );
    expect(response.status).toBe(400);
  });

  test('sessions are neither needed nor issued', async () => {
    const response = await post('tools/list', {}, { headers: { 'mcp-session-id': 'forged' } });
    expect(response.status).toBe(200);
    expect(response.headers.has('mcp-session-id')).toBe(false);
  });
});

test('a notification is accepted', async () => {
  const response = await gateway.post(
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    { 'mcp-protocol-version': '2026-07-28' },
  );
  expect(response.status).toBe(202);
  expect(await response.text()).toBe('');
});

test('a session may begin whatever the header says', async () => {
  const response = await gateway.post(rpc('initialize', { protocolVersion: '2026-07-28' }), {
    'mcp-protocol-version': '2026-07-28',
  });
  expect(await response.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
});
