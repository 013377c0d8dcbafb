import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import {
  createTaskSessionFromClient,
  resultFromTaskOutcome,
  type TaskEnabledSession,
} from '@modelcontextprotocol/ext-tasks/client';
import type { JsonValue } from '@modelcontextprotocol/ext-tasks/core';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askModern, type Message } from '../../support/clients/modern-client.ts';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';

/* The official clients of tasks against the gateway, with actors that work as soon as they get a message. */

let gateway: McpGateway;

const own = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] };

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [
      anyTool('add', { outputSchema: own }),
      anyTool('always', { taskSupport: 'required' }),
      anyTool('fail'),
      anyTool('lost'),
      anyTool('nobody'),
    ],
  });
  for (const step of ['add', 'always']) {
    await gateway.actor(step, ({ payload }) => {
      const { a, b } = Object(payload) as { a: number; b: number };
      return [{ type: 'succeeded', result: { sum: a + b } }];
    });
  }
  await gateway.actor('fail', () => [
    { type: 'failed', reason: 'ActorError', error: 'cannot', details: null },
  ]);
  await gateway.actor('lost', () => [
    { type: 'failed', reason: 'Unroutable', error: 'nobody there', details: null },
  ]);
});

afterEach(() => gateway.close());

describe('tasks of sdk v1', () => {
  let client: ClientV1;

  beforeEach(async () => {
    client = new ClientV1({ name: 'test', version: '1' });
    await client.connect(new TransportV1(gateway.url));
    // By the list the client knows which tools may be called as a task.
    await client.listTools();
  });

  afterEach(() => client.close());

  async function messagesOf(name: string, args: Record<string, unknown> = {}) {
    const { tasks } = client.experimental;
    return Array.fromAsync(tasks.callToolStream({ name, arguments: args }));
  }

  test.each(['add', 'always'])('call %s and get its result', async (name) => {
    const messages = await messagesOf(name, { a: 1, b: 2 });
    expect(messages[0]).toMatchObject({ type: 'taskCreated', task: { status: 'working' } });
    expect(messages.at(-2)).toMatchObject({ type: 'taskStatus', task: { status: 'completed' } });
    expect(messages.at(-1)).toMatchObject({
      type: 'result',
      result: { structuredContent: { sum: 3 } },
    });
  });

  test.each(['fail', 'lost'])('hear that %s failed', async (name) => {
    const messages = await messagesOf(name);
    expect(messages.at(-2)).toMatchObject({ type: 'taskStatus', task: { status: 'failed' } });
    expect(messages.at(-1)).toMatchObject({ type: 'error' });
  });

  test('are cancelled', async () => {
    const { tasks } = client.experimental;
    const stream = tasks.callToolStream({ name: 'nobody' });
    const first = (await stream.next()).value;
    const { taskId } = (first as Message).task;
    expect(await tasks.cancelTask(taskId)).toMatchObject({ taskId, status: 'cancelled' });
    expect(await tasks.getTask(taskId)).toMatchObject({ taskId, status: 'cancelled' });
    expect(await gateway.jobs.get(taskId)).toMatchObject({ status: 'Cancelled' });
  });
});

describe.each(['legacy', 'auto'] as const)('tasks of client v2 in mode %s', (mode) => {
  let client: ClientV2;
  let session: TaskEnabledSession;

  beforeEach(async () => {
    client = new ClientV2({ name: 'test', version: '2' }, { versionNegotiation: { mode } });
    await client.connect(new TransportV2(gateway.url));
    const { tools } = await client.listTools();
    const byName = new Map(tools.map((tool) => [tool.name, tool]));
    session = createTaskSessionFromClient(client, {
      endpointId: 'test',
      tools: {
        currentTool: (name) => {
          const tool = byName.get(name);
          if (tool === undefined) return undefined;
          // oxlint-disable-next-line typescript/no-explicit-any -- schemas are JSON, whatever their type says
          const { inputSchema, execution = {} } = tool as any;
          return { name, inputSchema, ...execution };
        },
      },
      ...(mode === 'auto' && { rawDispatch, v2RequestFraming }),
    });
  });

  afterEach(async () => {
    await session.close();
    await client.close();
  });

  const task = { preference: 'require' } as const;

  test('call a tool and get its result', async () => {
    const execution = await session.callTool('add', { a: 1, b: 2 }, { task });
    expect(execution.kind).toBe('task');
    const { outcome } = await execution.settle();
    expect(resultFromTaskOutcome(outcome)).toMatchObject({ structuredContent: { sum: 3 } });
  });

  test('hear of an error', async () => {
    const execution = await session.callTool('lost', {}, { task });
    const { outcome } = await execution.settle();
    expect(outcome).toMatchObject({ status: 'failed', error: { message: 'nobody there' } });
  });

  test('are cancelled', async () => {
    const execution = await session.callTool('nobody', {}, { task });
    await execution.cancel();
    const { outcome } = await execution.settle();
    expect(outcome).toMatchObject({ status: 'cancelled' });
    const taskId = execution.handle?.taskId ?? '';
    expect(await gateway.jobs.get(taskId)).toMatchObject({ status: 'Cancelled' });
  });
});

const v2RequestFraming = {
  protocolVersion: '2026-07-28',
  clientInfo: { name: 'test', version: '2' },
  clientCapabilities: {},
};

/** Client v2 refuses results of type `task`, so its requests of tasks go around it. */
async function rawDispatch(request: JsonValue) {
  const { method, params } = Object(request) as { method: string; params: Message };
  const { _meta: meta, ...rest } = params;
  const { error, result }: Message = await askModern(gateway.url, method, rest, { meta });
  return error === undefined
    ? ({ kind: 'result', result } as const)
    : ({ kind: 'error', error } as const);
}
