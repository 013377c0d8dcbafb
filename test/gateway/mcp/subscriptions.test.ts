import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { StoreUnavailable } from '../../../src/jobs/ports/job-store.ts';
import {
  askModern,
  messagesOf,
  postModern,
  type Message,
  type ModernOptions,
} from '../../support/clients/modern-client.ts';
import { anyTool, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';

let gateway: McpGateway;
let outage: OutageStore;

beforeEach(async () => {
  gateway = await startMcpGateway({
    tools: [anyTool('slow')],
    wrapStore: (store) => {
      outage = withOutages(store);
      return outage.store;
    },
  });
});

afterEach(() => gateway.close());

const subscriptionId = 'io.modelcontextprotocol/subscriptionId';

async function listen(
  notifications: object,
  options: ModernOptions = {},
): Promise<AsyncGenerator<Message>> {
  const response = await postModern(
    gateway.url,
    'subscriptions/listen',
    { notifications },
    { tasks: true, ...options },
  );
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  return messagesOf(response, 'subscriptions/listen');
}

async function next(messages: AsyncGenerator<Message>): Promise<Message> {
  return (await messages.next()).value;
}

async function start(): Promise<string> {
  const { result } = await askModern(gateway.url, 'tools/call', { name: 'slow' }, { tasks: true });
  return result.taskId;
}

const byText = (a: string, b: string): number => a.localeCompare(b);

function heartbeat(message: string): JobEvent {
  return { type: 'heartbeat', actorName: 'slow', stepStatus: 'processing', message };
}

const done: JobEvent = { type: 'succeeded', result: { n: 42 } };

function told(status: string): object {
  return {
    method: 'notifications/tasks',
    params: { status, _meta: { [subscriptionId]: 1 } },
  };
}

describe('a subscription', () => {
  test('begins with what of it is honoured, under its own id', async () => {
    const taskId = await start();
    const messages = await listen(
      {
        toolsListChanged: true,
        promptsListChanged: true,
        resourceSubscriptions: ['file:///a'],
        taskIds: ['nobody', taskId, taskId, 'a\0'],
      },
      { id: 'mine' },
    );
    expect(await next(messages)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: { toolsListChanged: true, taskIds: [taskId] },
        _meta: { [subscriptionId]: 'mine' },
      },
    });
  });

  test('to nothing the gateway has is acknowledged as that', async () => {
    const messages = await listen({ promptsListChanged: true, toolsListChanged: false });
    expect(await next(messages)).toMatchObject({ params: { notifications: {} } });
    expect(gateway.toolListeners.size).toBe(0);
  });

  test('ends with a result when the gateway stops', async () => {
    const messages = await listen({ taskIds: [await start()] });
    await next(messages);
    await next(messages);
    gateway.closing.abort();
    expect(await next(messages)).toMatchObject({
      id: 1,
      result: { resultType: 'complete', _meta: { [subscriptionId]: 1 } },
    });
    expect(await messages.next()).toMatchObject({ done: true });
  });

  test('that breaks says so, and another one tells what was missed', async () => {
    const taskId = await start();
    const messages = await listen({ taskIds: [taskId] });
    await next(messages);
    await next(messages);
    const get = gateway.store.get.bind(gateway.store);
    gateway.store.get = async () => {
      throw new StoreUnavailable('the test says so');
    };
    await gateway.events.apply(taskId, done);
    expect(await next(messages)).toMatchObject({
      id: 1,
      error: { code: -32603, data: { code: 'store_unavailable' } },
    });
    gateway.store.get = get;
    const again = await listen({ taskIds: [taskId] });
    await next(again);
    expect(await next(again)).toMatchObject(told('completed'));
  });

  test('cannot begin in an outage of the store', async () => {
    const taskId = await start();
    outage.away = true;
    const params = { notifications: { taskIds: [taskId] } };
    expect(
      await askModern(gateway.url, 'subscriptions/listen', params, { tasks: true }),
    ).toMatchObject({ status: 503 });
  });
});

describe('to tasks', () => {
  test('tells how each stands, and then every change of it', async () => {
    const [one, two] = [await start(), await start()];
    const messages = await listen({ taskIds: [one, two] });
    await next(messages);
    const first = [await next(messages), await next(messages)];
    expect(first).toMatchObject([told('working'), told('working')]);
    expect(first.map(({ params }) => params.taskId).toSorted(byText)).toEqual(
      [one, two].toSorted(byText),
    );

    await gateway.events.apply(two, heartbeat('half way'));
    expect(await next(messages)).toMatchObject({
      params: { taskId: two, statusMessage: 'step 1 of 1 · slow · 50 %' },
    });
    await gateway.events.apply(two, done);
    await next(messages).then((message) => expect(message).toMatchObject(told('completed')));
    await gateway.jobs.cancel(one, null);
    expect(await next(messages)).toMatchObject({ params: { taskId: one, status: 'cancelled' } });
  });

  test('tells the whole task, as tasks/get does', async () => {
    const taskId = await start();
    await gateway.events.apply(taskId, done);
    const messages = await listen({ taskIds: [taskId] });
    await next(messages);
    const { params } = await next(messages);
    const { result } = await askModern(gateway.url, 'tasks/get', { taskId }, { tasks: true });
    const { resultType: _type, _meta: _resultMeta, ...task } = result;
    const { _meta, ...notified } = params;
    expect(notified).toEqual(task);
    expect(task).toMatchObject({ status: 'completed', result: { structuredContent: { n: 42 } } });
  });

  test('is for clients that declare the extension', async () => {
    const params = { notifications: { taskIds: [] } };
    expect(await askModern(gateway.url, 'subscriptions/listen', params)).toMatchObject({
      status: 400,
      error: { code: -32021 },
    });
  });
});

describe('to the list of tools', () => {
  test('tells when other tools are on offer', async () => {
    const messages = await listen({ toolsListChanged: true }, { tasks: false });
    await next(messages);
    for (const listener of gateway.toolListeners) listener();
    expect(await next(messages)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
      params: { _meta: { [subscriptionId]: 1 } },
    });
  });

  test('is over when its client is gone', async () => {
    const client = new AbortController();
    const messages = await listen({ toolsListChanged: true }, { signal: client.signal });
    await next(messages);
    expect(gateway.toolListeners.size).toBe(1);
    client.abort();
    await expect.poll(() => gateway.toolListeners.size).toBe(0);
  });
});

describe('a filter', () => {
  test.each([
    {},
    { notifications: [] },
    { notifications: { toolsListChanged: 'yes' } },
    { notifications: { taskIds: 'all' } },
    { notifications: { taskIds: [1] } },
  ])('that is malformed is -32602: %j', async (params) => {
    expect(
      await askModern(gateway.url, 'subscriptions/listen', params, { tasks: true }),
    ).toMatchObject({ error: { code: -32602 } });
  });

  test('needs a client that takes a stream', async () => {
    const params = { notifications: { toolsListChanged: true } };
    const headers = { accept: 'application/json' };
    expect(await askModern(gateway.url, 'subscriptions/listen', params, { headers })).toMatchObject(
      { status: 406 },
    );
  });
});
