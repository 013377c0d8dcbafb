import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import {
  askModern,
  type Message,
  type ModernOptions,
} from '../../support/clients/modern-client.ts';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';

/* Tasks of 2026-07-28. No actor runs here: the tests say what happens to a job, and when. */

let gateway: McpGateway;
let outage: OutageStore;

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('optional', { mode: 'wait', timeoutSeconds: 0 }),
      anyTool('required', { taskSupport: 'required', timeoutSeconds: 300 }),
      anyTool('forbidden', { taskSupport: 'forbidden', mode: 'handle' }),
      anyTool('strict', { checkArguments: () => ({ ok: false, faults: ['a is missing'] }) }),
    ],
    jobRetentionSeconds: 60,
    wrapStore: (store) => {
      outage = withOutages(store);
      return outage.store;
    },
  });
});

afterEach(() => gateway.close());

function ask(method: string, params: Record<string, unknown>, options: ModernOptions = {}) {
  return askModern(gateway.url, method, params, { tasks: true, ...options });
}

async function start(name = 'optional'): Promise<string> {
  const { result } = await ask('tools/call', { name });
  return result.taskId;
}

async function task(taskId: string): Promise<Message> {
  const { result } = await ask('tasks/get', { taskId });
  return result;
}

const done: JobEvent = { type: 'succeeded', result: { n: 42 } };

const missingCapability = {
  status: 400,
  error: {
    code: -32021,
    data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
  },
};

describe('tools/call', () => {
  test.each([
    ['optional', null],
    ['required', 360_000],
  ])('of a tool for which tasks are %s begins one', async (name, ttlMs) => {
    const { status, result } = await ask('tools/call', { name });
    expect(status).toBe(200);
    expect(result).toEqual({
      resultType: 'task',
      taskId: expect.any(String),
      status: 'working',
      statusMessage: 'queued',
      createdAt: expect.any(String),
      lastUpdatedAt: expect.any(String),
      ttlMs,
      pollIntervalMs: 1_000,
      _meta: expect.any(Object),
    });
    expect(await gateway.jobs.get(result.taskId)).toMatchObject({ tool: name, status: 'Pending' });
  });

  test('of a tool for which they are forbidden gives a result', async () => {
    const { result } = await ask('tools/call', { name: 'forbidden' });
    expect(result).toMatchObject({ resultType: 'complete', isError: false });
  });

  test('of a tool of the gateway gives a result', async () => {
    const params = { name: 'job_status', arguments: { job_id: await start() } };
    expect(await ask('tools/call', params)).toMatchObject({ result: { resultType: 'complete' } });
  });

  test('names what is wrong with the arguments in a result', async () => {
    expect(await ask('tools/call', { name: 'strict' })).toMatchObject({
      result: { resultType: 'complete', isError: true },
    });
  });

  test('of a tool that does not exist is -32602', async () => {
    expect(await ask('tools/call', { name: 'nothing' })).toMatchObject({ error: { code: -32602 } });
  });
});

describe('tasks/get', () => {
  test('tells how far a task has come', async () => {
    const taskId = await start();
    await gateway.events.apply(taskId, {
      type: 'heartbeat',
      actorName: 'optional',
      stepStatus: 'processing',
      message: null,
    });
    expect(await task(taskId)).toMatchObject({
      resultType: 'complete',
      taskId,
      status: 'working',
      statusMessage: 'step 1 of 1 · optional · 50 %',
    });
  });

  test('gives the result of one that is completed', async () => {
    const taskId = await start();
    await gateway.events.apply(taskId, done);
    expect(await task(taskId)).toMatchObject({
      status: 'completed',
      result: { resultType: 'complete', structuredContent: { n: 42 }, isError: false },
    });
  });

  test('gives the error of one that failed', async () => {
    const taskId = await start();
    const error = 'nobody there';
    await gateway.events.apply(taskId, {
      type: 'failed',
      reason: 'Unroutable',
      error,
      details: null,
    });
    expect(await task(taskId)).toMatchObject({
      status: 'failed',
      error: { code: -32603, message: error, data: { job_id: taskId } },
    });
  });
});

describe('tasks/update', () => {
  test('takes what nobody asked for', async () => {
    const taskId = await start();
    const params = { taskId, inputResponses: { unknown: { action: 'decline' } } };
    const { result } = await ask('tasks/update', params);
    expect(result).toEqual({ resultType: 'complete', _meta: expect.any(Object) });
    expect(await task(taskId)).toMatchObject({ status: 'working' });
  });

  test('needs the responses', async () => {
    const params = { taskId: await start() };
    expect(await ask('tasks/update', params)).toMatchObject({ error: { code: -32602 } });
  });
});

describe('tasks/cancel', () => {
  test('is acknowledged, again, and on a finished task', async () => {
    const taskId = await start();
    const acknowledged = { resultType: 'complete', _meta: expect.any(Object) };
    expect((await ask('tasks/cancel', { taskId })).result).toEqual(acknowledged);
    expect(await task(taskId)).toMatchObject({ status: 'cancelled' });
    expect((await ask('tasks/cancel', { taskId })).result).toEqual(acknowledged);

    const finished = await start();
    await gateway.events.apply(finished, done);
    expect((await ask('tasks/cancel', { taskId: finished })).result).toEqual(acknowledged);
    expect(await task(finished)).toMatchObject({ status: 'completed' });
  });
});

describe.each(['tasks/get', 'tasks/update', 'tasks/cancel'])('%s', (method) => {
  const inputResponses = {};

  test.each([{ taskId: 'nobody' }, { taskId: 'a b' }, { taskId: 'a\0' }, { taskId: 7 }, {}])(
    'of an unknown task is -32602: %j',
    async (params) => {
      // The headers cannot carry U+0000 as it is.
      const { taskId } = params;
      const name = `=?base64?${Buffer.from(String(taskId)).toString('base64')}?=`;
      const headers = { 'mcp-name': name };
      const answer = await ask(method, { ...params, inputResponses }, { headers });
      expect(answer).toMatchObject({ status: 200, error: { code: -32602 } });
    },
  );

  test('is for clients that declare the extension', async () => {
    const params = { taskId: await start(), inputResponses };
    expect(await ask(method, params, { tasks: false })).toMatchObject(missingCapability);
  });

  test.each([{ 'mcp-name': 'another' }, { 'mcp-name': undefined }])(
    'needs its task in the header: %j',
    async (headers) => {
      const params = { taskId: await start(), inputResponses };
      expect(await ask(method, params, { headers })).toMatchObject({
        status: 400,
        error: { code: -32020 },
      });
    },
  );

  test('during an outage of the store is 503', async () => {
    const params = { taskId: await start(), inputResponses };
    outage.away = true;
    expect(await ask(method, params)).toMatchObject({ status: 503, error: { code: -32603 } });
  });
});
