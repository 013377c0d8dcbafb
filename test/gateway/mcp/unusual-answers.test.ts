import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Asked, JobEvent } from '../../../src/jobs/event.ts';
import type { InputRequest, InputRequests } from '../../../src/jobs/job-input.ts';
import { listedJobs } from '../../support/jobs.ts';
import { anyTool, callOf, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { begin, next, rest } from '../../support/clients/mcp-stream.ts';
import { messagesOf, postModern, type Message } from '../../support/clients/modern-client.ts';

/* Answers that come late, wrong, by odd names, or on another stream. Tests say what happens to a job. */

let gateway: McpGateway;
let now = 0;

beforeEach(async () => {
  now = Date.now();
  gateway = await startMcpGateway({
    clock: () => now,
    tools: [
      anyTool('wait', { mode: 'wait' }),
      anyTool('hybrid', { mode: 'hybrid', waitSeconds: 25 }),
    ],
  });
});

afterEach(() => gateway.close());

const form: InputRequest = {
  method: 'elicitation/create',
  params: {
    message: 'Which size?',
    requestedSchema: { type: 'object', properties: { width: { type: 'integer' } } },
  },
};

const prompt: InputRequest = { method: 'sampling/createMessage', params: { messages: [] } };

const right = { action: 'accept', content: { width: 3 } };
const wrong = { action: 'accept', content: { width: 'wide' } };

const working: JobEvent = {
  type: 'progress',
  step: 'wait',
  stepIndex: 0,
  totalSteps: 1,
  stepStatus: 'processing',
  message: 'on it',
};

const done: JobEvent = { type: 'succeeded', result: 'done' };

function asked(requests: InputRequests): Asked {
  return { type: 'asked', step: 'wait', stepIndex: 0, requests, payload: {}, metadata: {} };
}

async function apply(jobId: string, ...events: JobEvent[]): Promise<void> {
  for (const event of events) await gateway.events.apply(jobId, event);
}

function sessionHeaders(): Record<string, string> {
  const capabilities = ['elicitation', 'sampling'] as const;
  const id = gateway.sessions.issue({ protocolVersion: '2025-11-25', capabilities, owner: null });
  return { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': id };
}

/** A client's answer to a question that came on a stream. */
function answer(jobId: string, key: string, given: object): Promise<Response> {
  return gateway.post({ jsonrpc: '2.0', id: `input.${jobId}.${key}`, ...given }, sessionHeaders());
}

async function stateOf(jobId: string): Promise<string | undefined> {
  return (await gateway.jobs.get(jobId))?.status;
}

describe('an answer on a stream', () => {
  test('by a name that every object has changes nothing', async () => {
    const { id } = await gateway.submit();
    await apply(id, asked({ size: form }));
    for (const key of ['constructor', '__proto__', 'toString']) {
      for (const given of [{ result: right }, { error: { code: -1, message: 'no' } }]) {
        expect((await answer(id, key, given)).status).toBe(202);
      }
    }
    expect(await stateOf(id)).toBe('InputRequired');
  });

  test('that refuses with text that cannot be stored fails the job with what can', async () => {
    const { id } = await gateway.submit();
    await apply(id, asked({ text: prompt }));
    const message = `a\u0000${'x'.repeat(997)}\u{1F600}`;
    expect((await answer(id, 'text', { error: { code: -1, message } })).status).toBe(202);
    const job = await gateway.jobs.get(id);
    expect(job?.status).toBe('Failed');
    expect(job?.error).toContain('a\uFFFDxxx');
    expect(job?.error?.isWellFormed()).toBe(true);
  });

  test('that refuses with something that has no text fails the job all the same', async () => {
    const { id } = await gateway.submit();
    await apply(id, asked({ text: prompt }));
    const message = { toString: 'no function' };
    expect((await answer(id, 'text', { error: { code: -1, message } })).status).toBe(202);
    expect((await gateway.jobs.get(id))?.error).toMatch(/no reason given$/);
  });
});

describe('a question on a stream that is cut', () => {
  test('has its time: the call goes on when it is resumed and answered', async () => {
    const headers = sessionHeaders();
    const { events, jobId } = await begin(
      await gateway.post(callOf('hybrid', {}, { progressToken: 't' }), headers),
    );
    await apply(jobId, asked({ size: form }));
    expect((await next(events)).message).toMatchObject({ method: 'notifications/progress' });
    const question = await next(events);
    expect(question.message).toMatchObject({ id: `input.${jobId}.size` });
    await events.return(undefined);

    // The user thinks for longer than the tool lets its callers wait.
    now += 60_000;
    const again = await gateway.get({ ...headers, 'last-event-id': question.id ?? '' });
    const resumed = await begin(again);
    expect((await answer(jobId, 'size', { result: right })).status).toBe(202);
    await apply(jobId, working);
    expect((await next(resumed.events)).message).toMatchObject({
      method: 'notifications/progress',
    });
    expect((await next(resumed.events)).message).toMatchObject({
      params: { message: 'on it' },
    });
    await apply(jobId, done);
    expect((await rest(resumed.events)).map(({ message }) => message)).toMatchObject([
      { id: 1, result: { content: [{ text: 'done' }] } },
    ]);
  });
});

describe('a call that is made again', () => {
  const elicitation = {
    meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
  };

  async function call(params: object, requests: InputRequests = { size: form }): Promise<Message> {
    const before = new Set((await listed()).map(({ id }) => id));
    const answering = postModern(
      gateway.url,
      'tools/call',
      { name: 'wait', arguments: {}, ...params },
      elicitation,
    );
    let made: string | undefined;
    await expect
      .poll(async () => (made = (await listed()).find(({ id }) => !before.has(id))?.id))
      .toBeDefined();
    await apply(made ?? '', asked(requests));
    return lastOf(await answering);
  }

  const listed = () => listedJobs(gateway.store);

  /** The response, whatever its type. */
  async function lastOf(response: Response): Promise<Message> {
    if (response.headers.get('content-type') !== 'text/event-stream') return response.json();
    const text = await response.text();
    return JSON.parse(text.trim().split('data: ').at(-1) ?? '');
  }

  test('may write null for what it does not bring', async () => {
    const { result } = await call({ inputResponses: null, requestState: null });
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { size: form } });
  });

  test('without its state and with wrong answers is asked, so that the job is not lost', async () => {
    const { result } = await call({ inputResponses: { size: wrong } });
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { size: form },
      requestState: expect.any(String),
    });
  });

  test('with its state and wrong answers learns what is wrong, and may be made once more', async () => {
    const { result } = await call({});
    const { requestState } = result;
    const retry = (size: object) =>
      postModern(
        gateway.url,
        'tools/call',
        { name: 'wait', arguments: {}, requestState, inputResponses: { size } },
        elicitation,
      );
    expect(await lastOf(await retry(wrong))).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('size.content.width') },
    });
    const answering = retry(right);
    const [job] = await listed();
    await expect.poll(() => stateOf(job?.id ?? '')).toBe('Pending');
    await apply(job?.id ?? '', done);
    const messages = await Array.fromAsync(messagesOf(await answering, 'tools/call'));
    expect(messages.at(-1)).toMatchObject({ result: { content: [{ text: 'done' }] } });
  });

  test('learns which capabilities a question takes, in the form it declares them', async () => {
    const page: InputRequest = {
      method: 'elicitation/create',
      params: { mode: 'url', message: 'Pay', url: 'https://example.com/pay', elicitationId: '1' },
    };
    const tools = [{ name: 'add', inputSchema: { type: 'object' } }];
    const withTools = { ...prompt, params: { ...prompt.params, tools } };
    const { error } = await call({}, { page, text: withTools });
    expect(error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} }, sampling: { tools: {} } } },
    });
  });
});
