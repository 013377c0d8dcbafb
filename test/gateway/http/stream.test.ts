import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';
import { readEvents, type ReceivedEvent } from '../../support/clients/sse-client.ts';

let gateway: TestApp;
let outage: OutageStore;
let origin: string;
beforeEach(async () => {
  gateway = await createTestApp({ wrapStore: (store) => (outage = withOutages(store)).store });
  origin = await gateway.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => gateway.close());

const open = (id: string, { query = '', headers = {} } = {}) =>
  fetch(`${origin}/jobs/${id}/stream${query}`, { headers });

/** Everything a stream sends until it ends. */
async function all(response: Response): Promise<ReceivedEvent[]> {
  return Array.fromAsync(readEvents(response));
}

/** The updates among them, as [id, status, step status]. */
function updates(events: readonly ReceivedEvent[]) {
  return events
    .filter(({ event }) => event === 'update')
    .map(({ id, data }) => [id, JSON.parse(data ?? '').status, JSON.parse(data ?? '').step_status]);
}

const beat = (id: string, stepStatus: 'received' | 'processing' | 'completed') =>
  gateway.events.apply(id, { type: 'heartbeat', actorName: 'download', stepStatus, message: null });

async function finishedJob(): Promise<string> {
  const { id } = await gateway.submit();
  await beat(id, 'received');
  await beat(id, 'completed');
  await gateway.events.apply(id, { type: 'succeeded', result: { url: 'x' } });
  return id;
}

const wholeHistory = [
  ['1', 'Pending', undefined],
  ['2', 'Running', 'received'],
  ['3', 'Running', 'completed'],
  ['4', 'Succeeded', 'completed'],
];

describe('GET /jobs/{id}/stream', () => {
  test('sends the headers of an event stream that no proxy holds back', async () => {
    const response = await open(await finishedJob());
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    await response.body?.cancel();
  });

  test('of a finished job: retry, the bare status word, the whole history, then the end', async () => {
    const events = await all(await open(await finishedJob()));
    expect(events.slice(0, 2)).toEqual([
      { event: null, id: null, data: null, retry: '1000' },
      { event: 'status', id: null, data: 'Succeeded', retry: null },
    ]);
    expect(updates(events.slice(2))).toEqual(wholeHistory);
  });

  test('an update holds what is known and leaves out what is not', async () => {
    const id = await finishedJob();
    const sent = (await all(await open(id)))
      .slice(2)
      .map(({ data }) => JSON.parse(data ?? '') as unknown);
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(sent[0]).toEqual({
      job_id: id,
      seq: 1,
      status: 'Pending',
      message: 'Job created',
      step: 'download',
      progress_percent: 0,
      timestamp,
    });
    expect(sent[3]).toEqual({
      job_id: id,
      seq: 4,
      status: 'Succeeded',
      message: 'Job succeeded',
      step: 'download',
      step_status: 'completed',
      progress_percent: 100,
      result: { url: 'x' },
      timestamp,
    });
  });

  test('the final update of a job that failed tells reason and error', async () => {
    const { id } = await gateway.submit();
    await gateway.events.apply(id, {
      type: 'failed',
      reason: 'ActorError',
      error: 'line 1\nline 2',
      details: null,
    });
    const last = (await all(await open(id))).at(-1);
    expect(JSON.parse(last?.data ?? '')).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: 'line 1\nline 2',
    });
  });

  test('a null result is a result, and is sent', async () => {
    const { id } = await gateway.submit();
    await gateway.events.apply(id, { type: 'succeeded', result: null });
    expect((await all(await open(id))).at(-1)?.data).toContain('"result":null');
  });

  test('goes from history to live without a gap or a repeat, and ends after the final update', async () => {
    const { id } = await gateway.submit();
    await beat(id, 'received');
    const response = await open(id);
    const seen: ReceivedEvent[] = [];
    for await (const event of readEvents(response)) {
      seen.push(event);
      // Each live update is made once the one before has arrived.
      if (event.id === '2') await beat(id, 'completed');
      if (event.id === '3') await gateway.events.apply(id, { type: 'succeeded', result: 1 });
    }
    expect(seen[1]).toMatchObject({ event: 'status', data: 'Running' });
    expect(updates(seen)).toEqual(wholeHistory);
  });

  test.each([
    ['Last-Event-ID', { headers: { 'last-event-id': '2' } }],
    ['?after=', { query: '?after=2' }],
    [
      'Last-Event-ID, which comes before ?after=',
      { query: '?after=0', headers: { 'last-event-id': '2' } },
    ],
    [
      '?after= beside an empty Last-Event-ID',
      { query: '?after=2', headers: { 'last-event-id': '' } },
    ],
  ])('resumes in the middle by %s', async (_name, options) => {
    const events = await all(await open(await finishedJob(), options));
    expect(events[1]).toMatchObject({ event: 'status', data: 'Succeeded' });
    expect(updates(events)).toEqual(wholeHistory.slice(2));
  });

  test('resumed after the final update it sends the status and ends', async () => {
    const events = await all(await open(await finishedJob(), { query: '?after=4' }));
    expect(events.map(({ event }) => event)).toEqual([null, 'status']);
  });

  test('resumed beyond the newest update it goes on with what comes next', async () => {
    const { id } = await gateway.submit();
    const events = readEvents(await open(id, { query: '?after=3000000000' }));
    expect((await events.next()).value).toMatchObject({ retry: '1000' });
    expect((await events.next()).value).toMatchObject({ event: 'status', data: 'Pending' });
    await gateway.events.apply(id, { type: 'succeeded', result: 1 });
    expect(updates(await Array.fromAsync(events))).toEqual([['2', 'Succeeded', 'completed']]);
  });

  test('resumes live after what was seen, when the job still runs', async () => {
    const { id } = await gateway.submit();
    await beat(id, 'received');
    const reading = all(await open(id, { headers: { 'last-event-id': '2' } }));
    await beat(id, 'completed');
    await gateway.events.apply(id, { type: 'succeeded', result: 1 });
    expect(updates(await reading)).toEqual(wholeHistory.slice(2));
  });

  test('ends when the gateway closes; the job goes on and the next stream resumes', async () => {
    const { id } = await gateway.submit();
    const seen: ReceivedEvent[] = [];
    for await (const event of readEvents(await open(id))) {
      seen.push(event);
      if (event.id === '1') gateway.closing.abort();
    }
    expect(updates(seen)).toEqual(wholeHistory.slice(0, 1));
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Pending' });
  });

  test('of a gateway that closes already ends at once, as a stream, so that browsers reconnect', async () => {
    const { id } = await gateway.submit();
    gateway.closing.abort();
    const response = await open(id);
    expect(response.status).toBe(200);
    expect(updates(await all(response))).toEqual([]);
  });

  test('a reader that leaves disturbs nobody else', async () => {
    const { id } = await gateway.submit();
    const leaving = new AbortController();
    const left = await fetch(`${origin}/jobs/${id}/stream`, { signal: leaving.signal });
    const reading = all(await open(id));
    leaving.abort();
    await expect(left.text()).rejects.toThrow('aborted');
    await gateway.events.apply(id, { type: 'succeeded', result: 1 });
    expect(updates(await reading)).toHaveLength(2);
  });

  test('404 for an unknown job, as a problem and not as a stream', async () => {
    const response = await open('nobody');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'job_not_found' });
  });

  test('503 with Retry-After, never 404, while the store is away', async () => {
    const id = await finishedJob();
    outage.away = true;
    const response = await open(id);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'store_unavailable' });
  });

  test.each([
    ['after', { query: '?after=-1' }],
    ['after', { query: '?after=1.5' }],
    ['after', { query: '?after=first' }],
    ['Last-Event-ID', { headers: { 'last-event-id': 'abc' } }],
    ['Last-Event-ID', { headers: { 'last-event-id': '-1' } }],
    ['Last-Event-ID', { headers: { 'last-event-id': '02' } }],
  ])('400 naming %s', async (field, options) => {
    const response = await open(await finishedJob(), options);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining(`${field} must be`),
    });
  });

  test('HEAD tells that there is a stream, and ends', async () => {
    const { id } = await gateway.submit();
    const response = await fetch(`${origin}/jobs/${id}/stream`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe('');
  });
});

test('invariant 9: however many streams are open, the signal that ends them has few listeners', async () => {
  const streams = [];
  for (let n = 0; n < 20; n++) {
    const { id } = await gateway.submit();
    const events = readEvents(await open(id));
    await events.next();
    await events.next();
    streams.push(events);
  }
  expect(getEventListeners(gateway.closing.signal, 'abort').length).toBeLessThan(5);
  gateway.closing.abort();
  const left = await Promise.all(streams.map((events) => Array.fromAsync(events)));
  expect(left.flatMap((events) => updates(events))).toHaveLength(20);
});
