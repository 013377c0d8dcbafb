import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actor } from '../../../src/actor/actor.ts';
import { elicit, sample } from '../../../src/actor/ask.ts';
import { runActors, type RunningActors } from '../../../src/actor/run-actors.ts';
import { listedJobs } from '../../support/jobs.ts';
import { log } from '../../support/actor-gateway.ts';
import {
  anyTool,
  callOf,
  rpc,
  startMcpGateway,
  type McpGateway,
} from '../../support/mcp-gateway.ts';
import { begin, next, rest } from '../../support/clients/mcp-stream.ts';
import { readEvents } from '../../support/clients/sse-client.ts';
import {
  askModern,
  messagesOf,
  postModern,
  type Message,
} from '../../support/clients/modern-client.ts';

/* Tools that ask their callers, by every way there is, with actors of the library. */

let gateway: McpGateway;
let actors: RunningActors;

const form = elicit('Which size?', {
  type: 'object',
  properties: { width: { type: 'integer' } },
  required: ['width'],
});

const wide = { action: 'accept' as const, content: { width: 3 } };
const written = {
  role: 'assistant' as const,
  content: { type: 'text' as const, text: 'Hi' },
  model: 'm',
};

const asking = actor('size', async (_payload, { ask }) => (await ask({ size: form })).size);

const askingBoth = actor('both', async (_payload, { ask }) => {
  const { size, text } = await ask({ size: form, text: sample('Hello?', 10) });
  return { size: size.action, model: text.model };
});

beforeEach(async () => {
  const forbidden = { mode: 'wait', taskSupport: 'forbidden' } as const;
  gateway = await startMcpGateway({
    relays: true,
    tools: [
      anyTool('ask', { steps: ['size'], ...forbidden }),
      anyTool('ask_both', { steps: ['both'], ...forbidden }),
      anyTool('ask_hybrid', { steps: ['size'], waitSeconds: 20 }),
      anyTool('ask_first', { steps: ['size'], taskSupport: 'required', asksFirst: true }),
      anyTool('ask_never', { steps: ['quick'], taskSupport: 'required', asksFirst: true }),
      anyTool('needs_model', { steps: ['both'], clientCapabilities: ['sampling'] }),
    ],
  });
  const quick = actor('quick', () => 'done');
  actors = await runActors([asking, askingBoth, quick], gateway.broker.connect(), { log });
});

afterEach(async () => {
  await actors.close();
  await gateway.close();
});

async function waitingJob(): Promise<string> {
  let id = '';
  await expect
    .poll(async () => {
      const [job] = await listedJobs(gateway.store, { status: 'InputRequired' });
      id = job?.id ?? '';
      return id;
    })
    .not.toBe('');
  return id;
}

describe('a client of sessions that can answer', () => {
  let client: Client;

  async function connect(capabilities: object): Promise<void> {
    client = new Client({ name: 'test', version: '1' }, { capabilities });
    await client.connect(new StreamableHTTPClientTransport(gateway.url));
  }

  afterEach(() => client.close());

  test('is asked on the stream of its call', async () => {
    await connect({ elicitation: {}, sampling: {} });
    const asked: unknown[] = [];
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      asked.push(params);
      return wide;
    });
    client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
      asked.push(params);
      return written;
    });
    const result = await client.callTool({ name: 'ask_both' });
    expect(result.structuredContent).toEqual({ size: 'accept', model: 'm' });
    expect(asked).toMatchObject([{ message: 'Which size?' }, { maxTokens: 10 }]);
  });

  test('dismisses a question, or refuses to let its model answer', async () => {
    await connect({ elicitation: {}, sampling: {} });
    client.setRequestHandler(ElicitRequestSchema, () => {
      throw new Error('no user here');
    });
    expect((await client.callTool({ name: 'ask' })).structuredContent).toEqual({
      action: 'cancel',
    });
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      throw new Error('not today');
    });
    const refused = await client.callTool({ name: 'ask_both' });
    expect(refused).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/refused sampling\/createMessage: .*not today/) }],
    });
  });

  test('that cannot gets the handle, and how to answer', async () => {
    await connect({});
    const result = await client.callTool({ name: 'ask_hybrid' });
    const id = Object(result.structuredContent)['job_id'];
    expect(result.content).toMatchObject([
      {},
      {
        text: expect.stringContaining(
          `Which size? (it goes on once this is answered by POST /jobs/${id}/input)`,
        ),
      },
    ]);
    const missing = await client.callTool({ name: 'needs_model' });
    expect(missing).toMatchObject({ isError: true, content: [{ text: /sampling/ }] });
  });
});

describe('a question on a stream', () => {
  const session = () => gateway.sessionHeaders({ capabilities: ['elicitation'] });

  test('is answered to any replica, and the cut stream resumed', async () => {
    const response = await gateway.post(callOf('ask'), session());
    const { events, jobId } = await begin(response);
    const question = await next(events);
    expect(question).toMatchObject({
      id: expect.stringMatching(new RegExp(`^${jobId}\\.`)),
      message: { id: `input.${jobId}.size`, method: 'elicitation/create', params: form.params },
    });
    await events.return(undefined);
    const answer = { jsonrpc: '2.0', id: `input.${jobId}.size`, result: wide };
    expect((await gateway.post(answer, session())).status).toBe(202);
    const resumed = await gateway.get({ ...session(), 'last-event-id': question.id ?? '' });
    const [last] = (await Array.fromAsync(allOf(resumed))).slice(-1);
    expect(last).toMatchObject({ id: 1, result: { structuredContent: wide } });
  });

  test('is asked anew where the stream was cut before it', async () => {
    const { events, lastEventId, jobId } = await begin(
      await gateway.post(callOf('ask'), session()),
    );
    await events.return(undefined);
    await waitingJob();
    const resumed = await gateway.get({ ...session(), 'last-event-id': lastEventId });
    const again = (await begin(resumed)).events;
    expect(await next(again)).toMatchObject({ message: { id: `input.${jobId}.size` } });
    await again.return(undefined);
  });

  test('takes no answer that does not fit, nor one to nothing', async () => {
    const { events, jobId } = await begin(await gateway.post(callOf('ask'), session()));
    await next(events);
    const wrong = { action: 'accept', content: { width: 'wide' } };
    const refused = await gateway.post(
      { jsonrpc: '2.0', id: `input.${jobId}.size`, result: wrong },
      session(),
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { message: expect.stringContaining('size.content.width must be integer') },
    });
    for (const id of ['input.unknown.size', `input.${jobId}.other`, 7]) {
      const answer = { jsonrpc: '2.0', id, result: wide };
      expect((await gateway.post(answer, session())).status).toBe(202);
    }
    await gateway.post({ jsonrpc: '2.0', id: `input.${jobId}.size`, result: wide }, session());
    expect((await rest(events)).at(-1)).toMatchObject({ message: { result: {} } });
  });

  test('comes with job_wait and with tasks/result, too', async () => {
    const task = await gateway.post(
      rpc('tools/call', { name: 'ask_hybrid', arguments: {}, task: {} }),
      session(),
    );
    const { result }: Message = await task.json();
    const { taskId } = result.task;
    await waitingJob();
    const wait = await begin(await gateway.post(callOf('job_wait', { job_id: taskId }), session()));
    expect(await next(wait.events)).toMatchObject({ message: { method: 'elicitation/create' } });
    const status = await gateway.post(rpc('tasks/get', { taskId }), session());
    expect(await status.json()).toMatchObject({ result: { status: 'input_required' } });
    const waited = await gateway.post(rpc('tasks/result', { taskId }, 2), session());
    const messages = allOf(waited);
    expect((await messages.next()).value).toMatchObject({
      method: 'elicitation/create',
      params: { _meta: { 'io.modelcontextprotocol/related-task': { taskId } } },
    });
    await gateway.post({ jsonrpc: '2.0', id: `input.${taskId}.size`, result: wide }, session());
    expect((await messages.next()).value).toMatchObject({ id: 2, result: { isError: false } });
    expect((await rest(wait.events)).at(-1)).toMatchObject({
      message: { result: { structuredContent: wide } },
    });
  });
});

/** The messages of a stream, whether it is one of those that can be resumed or not. */
async function* allOf(response: Response): AsyncGenerator<Message> {
  for await (const { data } of readEvents(response)) if (data) yield JSON.parse(data);
}

describe('a client of 2026-07-28', () => {
  const able = { capabilities: { elicitation: {}, sampling: {} } };

  const call = (name: string, params: object = {}, options: object = able): Promise<Message> =>
    askModern(gateway.url, 'tools/call', { name, arguments: {}, ...params }, options);

  test('of the official package answers by itself', async () => {
    const client = new ClientV2(
      { name: 'test', version: '2' },
      { capabilities: { elicitation: {} }, versionNegotiation: { mode: 'auto' } },
    );
    client.setRequestHandler('elicitation/create', () => wide as never);
    await client.connect(new TransportV2(gateway.url));
    const result = await client.callTool({ name: 'ask', arguments: {} });
    expect(result.structuredContent).toEqual(wide);
    await client.close();
  });

  test('makes the call again with the answers, one after another', async () => {
    const { result } = await call('ask_both');
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { size: form, text: { method: 'sampling/createMessage' } },
    });
    const { requestState } = result;
    const second = await call('ask_both', { requestState, inputResponses: { size: wide } });
    expect(Object.keys(second.result.inputRequests)).toEqual(['text']);
    const last = { requestState: second.result.requestState, inputResponses: { text: written } };
    const done = await call('ask_both', last);
    expect(done.result).toMatchObject({ structuredContent: { size: 'accept', model: 'm' } });
    // The answer to a lost response is the same.
    expect(await call('ask_both', last)).toEqual(done);
  });

  test('may bring the answers with the call itself', async () => {
    const { result } = await call('ask', { inputResponses: { size: wide, more: wide } });
    expect(result).toMatchObject({ resultType: 'complete', structuredContent: wide });
  });

  test('is told what is wrong with its answers, and may try again', async () => {
    const { requestState } = (await call('ask')).result;
    const wrong = { size: { action: 'accept', content: {} } };
    const { error } = await call('ask', { requestState, inputResponses: wrong });
    expect(error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('size.content.width is required'),
    });
    for (const inputResponses of [3, { size: 3 }]) {
      expect(await call('ask', { requestState, inputResponses })).toMatchObject({
        error: { code: -32602 },
      });
    }
    const right = await call('ask', { requestState, inputResponses: { size: wide } });
    expect(right.result).toMatchObject({ structuredContent: wide });
  });

  test('cannot use a state that is not of its request', async () => {
    const { requestState } = (await call('ask')).result;
    const answered = { inputResponses: { size: wide } };
    for (const [name, params] of [
      ['ask', { requestState: `${requestState}x` }],
      ['ask', { requestState: requestState.replace(/^./, 'f') }],
      ['ask', { requestState, arguments: { other: 1 } }],
      ['ask_both', { requestState }],
      ['ask', { requestState: 7 }],
    ] as const) {
      expect(await call(name, { ...answered, ...params })).toMatchObject({
        error: { code: -32602 },
      });
    }
  });

  test('is asked for nothing that it cannot answer', async () => {
    const { result } = await call('ask_both', {}, { capabilities: { sampling: {} } });
    expect(Object.keys(result.inputRequests)).toEqual(['text']);
    const id = await waitingJob();
    const none = await call(
      'ask_both',
      { requestState: result.requestState, inputResponses: { text: written } },
      { capabilities: { sampling: {} } },
    );
    expect(none.error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: {} } },
    });
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Cancelled' });
    expect(await call('needs_model', {}, {})).toMatchObject({
      status: 400,
      error: { code: -32021, data: { requiredCapabilities: { sampling: {} } } },
    });
  });
});

describe('a task', () => {
  const options = { tasks: true, capabilities: { elicitation: {}, sampling: {} } };
  const ask = (method: string, params: object): Promise<Message> =>
    askModern(gateway.url, method, { ...params }, options);

  async function newTask(name: string): Promise<string> {
    const { result } = await ask('tools/call', { name, arguments: {} });
    return result.taskId;
  }

  test('shows what it waits for, and takes the answers one by one', async () => {
    const taskId = await newTask('needs_model');
    await waitingJob();
    const listening = await postModern(
      gateway.url,
      'subscriptions/listen',
      { notifications: { taskIds: [taskId] } },
      options,
    );
    const told = messagesOf(listening, 'subscriptions/listen');
    await told.next();
    expect((await told.next()).value.params).toMatchObject({
      status: 'input_required',
      statusMessage: expect.stringContaining('Waiting for input: Which size?'),
      inputRequests: { size: form },
    });
    const { result: update } = await ask('tasks/update', {
      taskId,
      inputResponses: { size: wide, unknown: wide },
    });
    expect(update).toEqual({ resultType: 'complete', _meta: expect.anything() });
    expect((await told.next()).value.params).toMatchObject({
      status: 'input_required',
      inputRequests: { text: { method: 'sampling/createMessage' } },
    });
    const { result: now } = await ask('tasks/get', { taskId });
    expect(Object.keys(now.inputRequests)).toEqual(['text']);
    const wrong = await ask('tasks/update', { taskId, inputResponses: { text: {} } });
    expect(wrong.error).toMatchObject({ code: -32602 });
    await ask('tasks/update', { taskId, inputResponses: { text: written } });
    for await (const { params } of told) if (params?.status === 'completed') break;
    const { result: over } = await ask('tasks/get', { taskId });
    expect(over.result).toMatchObject({ structuredContent: { size: 'accept', model: 'm' } });
    expect(await ask('tasks/update', { taskId, inputResponses: { text: written } })).toMatchObject({
      result: { resultType: 'complete' },
    });
  });

  test('shows a client only what it can answer', async () => {
    const taskId = await newTask('needs_model');
    await waitingJob();
    const { result } = await askModern(gateway.url, 'tasks/get', { taskId }, { tasks: true });
    expect(result).toMatchObject({ status: 'input_required', inputRequests: {} });
  });

  test('begins after the questions of a tool that asks first', async () => {
    const { result } = await ask('tools/call', { name: 'ask_first', arguments: {} });
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { size: form } });
    expect(result).not.toHaveProperty('taskId');
    const { requestState } = result;
    const params = { name: 'ask_first', arguments: {}, requestState };
    const again = await ask('tools/call', { ...params, inputResponses: { size: wide } });
    expect(again.result).toMatchObject({ resultType: 'task', status: 'working' });
    const { taskId } = again.result;
    await expect
      .poll(async () => (await ask('tasks/get', { taskId })).result)
      .toMatchObject({ status: 'completed', result: { structuredContent: wide } });
  });

  test('of such a tool that asks nothing begins none the less', async () => {
    const { result } = await ask('tools/call', { name: 'ask_never', arguments: {} });
    expect(result).toMatchObject({ resultType: 'task', status: 'completed' });
  });
});
