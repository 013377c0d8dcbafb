import {
  CancelTaskResultV1Schema,
  CreateTaskResultV1Schema,
  GetTaskResultV1Schema,
  ToolV1Schema,
} from '@modelcontextprotocol/ext-tasks/core/v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { anyTool, rpc, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import type { Message } from '../../support/clients/modern-client.ts';
import { readEvents } from '../../support/clients/sse-client.ts';

/* Tasks of 2025-11-25. No actor runs here: the tests say what happens to a job, and when. */

let gateway: McpGateway;

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('optional', { mode: 'handle', timeoutSeconds: 0 }),
      anyTool('required', { taskSupport: 'required', timeoutSeconds: 300 }),
      anyTool('forbidden', { taskSupport: 'forbidden', mode: 'handle' }),
      anyTool('strict', { checkArguments: () => ({ ok: false, faults: ['a is missing'] }) }),
    ],
    jobRetentionSeconds: 60,
  });
});

afterEach(() => gateway.close());

async function ask(method: string, params: object, version = '2025-11-25'): Promise<Message> {
  const headers = { 'mcp-protocol-version': version };
  const response = await gateway.post(rpc(method, params), headers);
  return response.json();
}

async function start(name = 'optional'): Promise<string> {
  const { result } = await ask('tools/call', { name, task: {} });
  return CreateTaskResultV1Schema.parse(result).task.taskId;
}

const done: JobEvent = { type: 'succeeded', result: { n: 42 } };

const related = (taskId: string) => ({ 'io.modelcontextprotocol/related-task': { taskId } });

describe('the capability', () => {
  test('is offered in 2025-11-25, without a list of tasks', async () => {
    const { result } = await ask('initialize', { protocolVersion: '2025-11-25' });
    expect(result.capabilities).toMatchObject({
      tasks: { cancel: {}, requests: { tools: { call: {} } } },
    });
    expect(result.capabilities.tasks).not.toHaveProperty('list');
  });

  test.each(['2025-06-18', '2025-03-26', '2024-11-05'])(
    'is not offered in %s',
    async (protocolVersion) => {
      const { result } = await ask('initialize', { protocolVersion });
      expect(result.capabilities).not.toHaveProperty('tasks');
    },
  );
});

describe('tools/list', () => {
  test('tells which tools may be called as a task', async () => {
    const { result } = await ask('tools/list', {});
    const tools = result.tools.map((tool: unknown) => ToolV1Schema.parse(tool));
    expect(tools.slice(0, 3)).toMatchObject([
      { name: 'optional', execution: { taskSupport: 'optional' } },
      { name: 'required', execution: { taskSupport: 'required' } },
      { name: 'forbidden', execution: { taskSupport: 'forbidden' } },
    ]);
  });

  test('says nothing of it in other versions', async () => {
    const { result } = await ask('tools/list', {}, '2025-06-18');
    expect(result.tools[0]).not.toHaveProperty('execution');
  });
});

describe('tools/call', () => {
  test.each([
    ['optional', null],
    ['required', 360_000],
  ])('of a tool for which tasks are %s begins one', async (name, ttl) => {
    // The time to live that is asked for is not followed.
    const { result } = await ask('tools/call', { name, task: { ttl: 1 } });
    expect(CreateTaskResultV1Schema.parse(result)).toEqual({
      task: {
        taskId: expect.any(String),
        status: 'working',
        statusMessage: 'queued',
        createdAt: expect.any(String),
        lastUpdatedAt: expect.any(String),
        ttl,
        pollInterval: 1_000,
      },
    });
    expect(await gateway.jobs.get(result.task.taskId)).toMatchObject({ tool: name });
  });

  test.each([
    ['of a tool for which they are forbidden', { name: 'forbidden', task: {} }, -32601],
    ['of a tool of the gateway', { name: 'job_status', task: {} }, -32601],
    ['of a tool that does not exist', { name: 'nothing', task: {} }, -32602],
    ['with wrong arguments', { name: 'strict', task: {} }, -32602],
    ['as a task that is no object', { name: 'optional', task: 'yes' }, -32602],
    ['without a task where one is required', { name: 'required' }, -32601],
  ])('%s is an error', async (_name, params, code) => {
    expect(await ask('tools/call', params)).toMatchObject({ error: { code } });
  });

  test('names what is wrong with the arguments', async () => {
    const { error } = await ask('tools/call', { name: 'strict', task: {} });
    expect(error.message).toContain('a is missing');
  });

  test('without a task gives a result', async () => {
    const { result } = await ask('tools/call', { name: 'optional', task: null });
    expect(result).toMatchObject({ isError: false });
  });

  test('in other versions ignores that a task is asked for', async () => {
    const { result } = await ask('tools/call', { name: 'optional', task: {} }, '2025-06-18');
    expect(result).toMatchObject({ isError: false });
    expect(await ask('tools/call', { name: 'required', task: {} }, '2025-06-18')).toMatchObject({
      error: { code: -32601 },
    });
  });

  test('does not answer with the form of 2026-07-28', async () => {
    const _meta = {
      'io.modelcontextprotocol/clientCapabilities': {
        extensions: { 'io.modelcontextprotocol/tasks': {} },
      },
    };
    const { result } = await ask('tools/call', { name: 'optional', _meta });
    expect(result).toMatchObject({ isError: false });
    expect(result).not.toHaveProperty('resultType');
  });
});

describe('tasks/get', () => {
  test('tells how a task stands, without its result', async () => {
    const taskId = await start();
    await gateway.events.apply(taskId, done);
    const { result } = await ask('tasks/get', { taskId });
    expect(GetTaskResultV1Schema.parse(result)).toMatchObject({
      taskId,
      status: 'completed',
      ttl: expect.any(Number),
    });
    expect(result).not.toHaveProperty('result');
    expect(result).not.toHaveProperty('_meta');
  });
});

describe('tasks/result', () => {
  test('of a finished task is there at once, and names its task', async () => {
    const taskId = await start();
    await gateway.events.apply(taskId, done);
    const { result } = await ask('tasks/result', { taskId });
    expect(result).toEqual({
      content: [{ type: 'text', text: '{"n":42}' }],
      structuredContent: { n: 42 },
      isError: false,
      _meta: related(taskId),
    });
  });

  test('keeps what the actor put into _meta', async () => {
    const taskId = await start();
    const own = { 'example.com/a': 1 };
    await gateway.events.apply(taskId, { type: 'succeeded', result: { content: [], _meta: own } });
    const { result } = await ask('tasks/result', { taskId });
    expect(result._meta).toEqual({ ...own, ...related(taskId) });
  });

  test('waits on a stream, with progress for whoever asks', async () => {
    const taskId = await start();
    const response = await gateway.post(
      rpc('tasks/result', { taskId, _meta: { progressToken: 'p' } }),
    );
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = readEvents(response);
    await gateway.events.apply(taskId, {
      type: 'heartbeat',
      actorName: 'optional',
      stepStatus: 'processing',
      message: 'half way',
    });
    expect(JSON.parse((await events.next()).value?.data ?? '')).toMatchObject({
      method: 'notifications/progress',
      params: { progressToken: 'p', message: 'half way' },
    });
    await gateway.events.apply(taskId, done);
    expect(JSON.parse((await events.next()).value?.data ?? '')).toMatchObject({
      id: 1,
      result: { structuredContent: { n: 42 }, _meta: related(taskId) },
    });
  });

  test('of a task that failed is the result that says why', async () => {
    const taskId = await start();
    const error = 'cannot';
    await gateway.events.apply(taskId, {
      type: 'failed',
      reason: 'ActorError',
      error,
      details: null,
    });
    expect(await ask('tasks/get', { taskId })).toMatchObject({ result: { status: 'failed' } });
    expect(await ask('tasks/result', { taskId })).toMatchObject({
      result: { isError: true, content: [{ text: error }], _meta: related(taskId) },
    });
  });

  test('of a task that no actor could do is the error', async () => {
    const taskId = await start();
    const error = 'nobody there';
    await gateway.events.apply(taskId, {
      type: 'failed',
      reason: 'Unroutable',
      error,
      details: null,
    });
    expect(await ask('tasks/result', { taskId })).toMatchObject({
      error: { code: -32603, message: error },
    });
  });

  test('of a task that was cancelled says so', async () => {
    const taskId = await start();
    await ask('tasks/cancel', { taskId });
    expect(await ask('tasks/result', { taskId })).toMatchObject({ result: { isError: true } });
  });
});

describe('tasks/cancel', () => {
  test('gives the cancelled task', async () => {
    const taskId = await start();
    const { result } = await ask('tasks/cancel', { taskId });
    expect(CancelTaskResultV1Schema.parse(result)).toMatchObject({ taskId, status: 'cancelled' });
  });

  test('of a finished task is -32602', async () => {
    const [cancelled, finished] = [await start(), await start()];
    await ask('tasks/cancel', { taskId: cancelled });
    await gateway.events.apply(finished, done);
    for (const taskId of [cancelled, finished]) {
      expect(await ask('tasks/cancel', { taskId })).toMatchObject({ error: { code: -32602 } });
    }
  });
});

describe.each(['tasks/get', 'tasks/result', 'tasks/cancel'])('%s', (method) => {
  test.each([{}, { taskId: 7 }, { taskId: 'nobody' }, { taskId: 'a\0' }])(
    'of an unknown task is -32602: %j',
    async (params) => {
      expect(await ask(method, params)).toMatchObject({ error: { code: -32602 } });
    },
  );

  test('is unknown in other versions', async () => {
    const params = { taskId: await start() };
    expect(await ask(method, params, '2025-06-18')).toMatchObject({ error: { code: -32601 } });
  });
});

test.each(['tasks/list', 'tasks/update'])('%s is not offered', async (method) => {
  expect(await ask(method, { taskId: await start() })).toMatchObject({ error: { code: -32601 } });
});
