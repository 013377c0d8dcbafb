import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { eventIdsOf, readEventId } from '../../../src/mcp/calls/call-stream.ts';
import { listedJobs } from '../../support/jobs.ts';
import { anyTool, callOf, startMcpGateway, type McpGateway } from '../../support/mcp-gateway.ts';
import { begin, next, rest } from '../../support/clients/mcp-stream.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';
import { readEvents } from '../../support/clients/sse-client.ts';

/* No actor runs here: the tests say what happens to a job, and when. */

let gateway: McpGateway;
let outage: OutageStore;
let now = 0;

beforeEach(async () => {
  now = Date.now();
  gateway = await startMcpGateway({
    clock: () => now,
    tools: [
      anyTool('wait', { mode: 'wait' }),
      anyTool('hybrid', { mode: 'hybrid', waitSeconds: 25 }),
    ],
    wrapStore: (store) => {
      outage = withOutages(store);
      return outage.store;
    },
  });
});

afterEach(() => gateway.close());

function report(message: string): JobEvent {
  return {
    type: 'progress',
    step: 'wait',
    stepIndex: 0,
    totalSteps: 1,
    stepStatus: 'processing',
    message,
  };
}

const done: JobEvent = { type: 'succeeded', result: 'done' };

const question: JobEvent = {
  type: 'asked',
  step: 'hybrid',
  stepIndex: 0,
  requests: {
    size: {
      method: 'elicitation/create',
      params: { message: 'Which size?', requestedSchema: { type: 'object' } },
    },
  },
  payload: {},
  metadata: {},
};

const answer: JobEvent = { type: 'answered', answers: { size: { action: 'decline' } } };

const token = { progressToken: 't' };

function progress(message: string) {
  return { method: 'notifications/progress', params: { progressToken: 't', message } };
}

const response = { id: 1, result: { content: [{ type: 'text', text: 'done' }] } };

async function apply(jobId: string, ...events: JobEvent[]): Promise<void> {
  for (const event of events) await gateway.events.apply(jobId, event);
}

async function resume(lastEventId: string, headers = {}): Promise<Response> {
  return gateway.get({ 'last-event-id': lastEventId, ...headers });
}

describe('a cut stream', () => {
  test('invariant 4: goes on with the missing progress, what happens then, and the response', async () => {
    const { events, jobId } = await begin(await gateway.post(callOf('wait', {}, token)));
    await apply(jobId, report('one'));
    const first = await next(events);
    expect(first.message).toMatchObject(progress('one'));
    // Leaves the stream, which cuts the connection.
    await events.return(undefined);
    await apply(jobId, report('two'));

    const again = await resume(first.id ?? '');
    expect(again.headers.get('content-type')).toBe('text/event-stream');
    const resumed = await begin(again);
    expect(resumed.priming).toMatchObject({ id: first.id, data: '' });
    expect((await next(resumed.events)).message).toMatchObject(progress('two'));
    await apply(jobId, report('three'), done);
    const [third, last, ...more] = await rest(resumed.events);
    expect(third?.message).toMatchObject(progress('three'));
    expect(last?.message).toMatchObject(response);
    expect(more).toEqual([]);
  });

  test('can be resumed from any of its events, each time from there on', async () => {
    const { events, lastEventId, jobId } = await begin(
      await gateway.post(callOf('wait', {}, token)),
    );
    await apply(jobId, report('one'), report('two'), done);
    const [one, two, last] = await rest(events);

    const replay = async (id: string) => rest((await begin(await resume(id))).events);
    expect(await replay(lastEventId)).toEqual([one, two, last]);
    expect(await replay(one?.id ?? '')).toEqual([two, last]);
    expect(await replay(two?.id ?? '')).toEqual([last]);
    const after = await resume(last?.id ?? '');
    expect(after.status).toBe(204);
  });

  test('is resumed without a priming event by versions that know none', async () => {
    const old = { 'mcp-protocol-version': '2025-06-18' };
    const events = readEvents(await gateway.post(callOf('wait', {}, token), old));
    const [job] = await listedJobs(gateway.store);
    const jobId = job?.id ?? '';
    await apply(jobId, report('one'));
    const { id } = await next(events);
    await events.return(undefined);
    await apply(jobId, done);
    const [last, ...more] = await rest(readEvents(await resume(id ?? '', old)));
    expect(last?.message).toMatchObject(response);
    expect(more).toEqual([]);
  });

  test('keeps the end of its hybrid wait', async () => {
    const { events, lastEventId, jobId } = await begin(await gateway.post(callOf('hybrid')));
    await events.return(undefined);
    now += 25_000;
    const [handle] = await rest((await begin(await resume(lastEventId))).events);
    expect(handle?.message).toMatchObject({
      id: 1,
      result: { structuredContent: { job_id: jobId }, isError: false },
    });
    // The outcome, which was there after all, is what a client gets that resumes later still.
    await apply(jobId, done);
    const [last] = await rest((await begin(await resume(lastEventId))).events);
    expect(last?.message).toMatchObject(response);
  });

  test('tells all of a long history though its hybrid wait is over, and then the outcome', async () => {
    const { events, lastEventId, jobId } = await begin(
      await gateway.post(callOf('hybrid', {}, token)),
    );
    await events.return(undefined);
    // Several pages of the history, and more than a connection takes at once.
    const messages = Array.from({ length: 450 }, (_, n) => `${n} ${'x'.repeat(10_000)}`);
    await apply(jobId, ...messages.map(report), done);
    now += 25_000;
    const told = await rest((await begin(await resume(lastEventId))).events);
    expect(told.pop()?.message).toMatchObject(response);
    expect(told.map(({ message }) => message)).toMatchObject(messages.map(progress));
  });

  test('keeps the end of its hybrid wait as questions put it off', async () => {
    const session = gateway.sessionHeaders({ capabilities: ['elicitation'] });
    const call = callOf('hybrid', {}, token);
    const { events, lastEventId, jobId } = await begin(await gateway.post(call, session));
    const begun = now;
    now += 5_000;
    await apply(jobId, question);
    const asked = [await next(events), await next(events)];
    expect(asked[1]?.message).toMatchObject({ method: 'elicitation/create' });
    now += 60_000;
    await apply(jobId, answer, report('one'));
    const answered = await next(events);
    const one = await next(events);
    expect(one.message).toMatchObject(progress('one'));
    await events.return(undefined);
    // Any replica goes by what the event id says.
    const [{ patience }] = readEventId(one.id ?? '') ?? [{ patience: null }];
    expect(patience).toMatchObject({ until: begun + 60_000 + 25_000 });
    now += 5_000;

    // Wherever the client goes on, it has 15 seconds left, and does not get the handle at once.
    const places = [lastEventId, asked[1]?.id, answered.id, one.id];
    for (const [n, id] of places.entries()) {
      const resumed = await begin(await resume(id ?? '', session));
      await apply(jobId, report(`more ${n}`));
      let told: unknown;
      do {
        const { message } = await next(resumed.events);
        expect(message).not.toHaveProperty('result');
        told = Object(message).params.message;
      } while (told !== `more ${n}`);
      await resumed.events.return(undefined);
    }
    await apply(jobId, done);
    const [last] = (await rest((await begin(await resume(one.id ?? '', session))).events)).slice(
      -1,
    );
    expect(last?.message).toMatchObject(response);
  });

  test('keeps the end of its hybrid wait though its tool is not on offer any more', async () => {
    const { events, lastEventId, jobId } = await begin(await gateway.post(callOf('hybrid')));
    await events.return(undefined);
    gateway.offer([]);
    now += 25_000;
    const [handle] = await rest((await begin(await resume(lastEventId))).events);
    expect(handle?.message).toMatchObject({ result: { structuredContent: { job_id: jobId } } });
  });

  test('of job_wait goes on as well', async () => {
    const job = await gateway.submit({ tool: 'hybrid' });
    const call = callOf('job_wait', { job_id: job.id }, token);
    const { events, lastEventId } = await begin(await gateway.post(call));
    await events.return(undefined);
    await apply(job.id, report('one'), done);
    const [one, last] = await rest((await begin(await resume(lastEventId))).events);
    expect(one?.message).toMatchObject(progress('one'));
    expect(last?.message).toMatchObject(response);
  });

  test('of job_wait ends with the status when its time is over', async () => {
    const job = await gateway.submit({ tool: 'hybrid' });
    const call = callOf('job_wait', { job_id: job.id, seconds: 5 });
    const { events, lastEventId } = await begin(await gateway.post(call));
    await events.return(undefined);
    now += 5_000;
    await apply(job.id, report('one'));
    const [last] = await rest((await begin(await resume(lastEventId))).events);
    expect(last?.message).toMatchObject({
      result: { structuredContent: { job_id: job.id, status: 'Running', message: 'one' } },
    });
  });

  test('of a job that is not kept any more ends with an error', async () => {
    const ids = eventIdsOf({ jobId: 'gone', requestId: 'r', progressToken: null, patience: null });
    const gone = await resume(ids?.(1) ?? '');
    expect(gone.status).toBe(200);
    expect(await rest(readEvents(gone))).toMatchObject([
      { message: { id: 'r', error: { code: -32602, message: expect.stringContaining('gone') } } },
    ]);
  });
});

describe('an outage of the store', () => {
  test('ends the stream without an answer, and what comes after it is resumed', async () => {
    const { events, lastEventId, jobId } = await begin(await gateway.post(callOf('wait')));
    outage.away = true;
    // Not by way of the outage: the stream hears of the outcome and then cannot read it.
    const [outcome] = await gateway.store.apply([{ jobId, event: done }], now);
    if (outcome?.kind !== 'applied' || outcome.update === null) throw new Error('nothing happened');
    gateway.feed.committed([outcome.update]);
    expect(await rest(events)).toEqual([]);
    expect((await resume(lastEventId)).status).toBe(503);
    outage.away = false;
    const [last] = await rest((await begin(await resume(lastEventId))).events);
    expect(last?.message).toMatchObject(response);
  });
});

describe('a Last-Event-ID', () => {
  test.each([
    'garbage',
    '7',
    'j.1',
    'j.1.e30',
    'j.end',
    'tools.short',
    '%00',
    `j.1.${'A'.repeat(5_000)}`,
  ])('that is none of ours is 400: %j', async (id) => {
    const refused = await resume(id);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 } });
  });

  test('beyond the history is 400', async () => {
    const job = await gateway.submit();
    const ids = eventIdsOf({ jobId: job.id, requestId: 1, progressToken: null, patience: null });
    expect((await resume(ids?.(2) ?? '')).status).toBe(400);
  });
});

test('a batch shares one stream, which has no place to resume from', async () => {
  const old = { 'mcp-protocol-version': '2025-03-26' };
  const answer = await gateway.post([callOf('wait', {}, token), { ...callOf('wait'), id: 2 }], old);
  const events = readEvents(answer);
  for (const { id } of await listedJobs(gateway.store)) {
    await apply(id, report('one'), done);
  }
  const received = await rest(events);
  expect(received).toHaveLength(3);
  expect(received.map(({ id }) => id)).toEqual([null, null, null]);
});
