import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../../src/actor/actor-broker.ts';
import type { Publisher } from '../../../src/jobs/ports/publisher.ts';
import type { FinalBody } from '../../../src/wire/report.ts';
import { aTool, createTestApp, type TestApp } from '../../support/app.ts';
import { withOutages, type OutageStore } from '../../support/outage.ts';

let gateway: TestApp;
let outage: OutageStore;
beforeEach(async () => {
  gateway = await createTestApp({
    wrapStore: (store) => (outage = withOutages(store)).store,
    tools: [aTool(), aTool({ name: 'quiet', progress: false, metadata: { team: 'vision' } })],
  });
});
afterEach(() => gateway.close());

const call = (payload: unknown, headers: Record<string, string> = {}, app = gateway.app) =>
  app.inject({
    method: 'POST',
    url: '/tools/call',
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(payload),
  });

const good = { name: 'enhance_image', arguments: { url: 'https://example.com/a.png' } };

/** An actor at the first step that ends every job with this outcome; returns what it was given. */
async function actor(outcome: Pick<FinalBody, 'status' | 'result' | 'error'>): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  const connection = gateway.broker.connect();
  await connection.consume('download', 1, async (delivery) => {
    deliveries.push(delivery);
    const { envelope, replyTo } = delivery;
    const report = { type: 'final', job_id: envelope.jobId, ...outcome } as const;
    if (replyTo !== null) await connection.report(replyTo, report);
  });
  return deliveries;
}

/** Runs once jobs are committed, before anybody hears of them. */
function afterCreate(then: (ids: readonly string[]) => Promise<void>): void {
  const create = gateway.store.create.bind(gateway.store);
  gateway.store.create = async (jobs, leasedUntil) => {
    const created = await create(jobs, leasedUntil);
    await then(jobs.map(({ id }) => id));
    return created;
  };
}

test('GET /tools lists what MCP defines, and what becomes of a call', async () => {
  const response = await gateway.app.inject({ method: 'GET', url: '/tools' });
  expect(response.statusCode).toBe(200);
  const { tools } = response.json();
  expect(tools.map(({ name }: { name: string }) => name)).toEqual(['enhance_image', 'quiet']);
  expect(tools[1]).toMatchObject({
    inputSchema: { type: 'object' },
    steps: aTool().steps,
    timeout_seconds: aTool().timeoutSeconds,
    mode: aTool().mode,
    metadata: { team: 'vision' },
  });
  expect(tools[0].metadata).toBeNull();
  const misspelt = await gateway.app.inject({ method: 'GET', url: '/tools?limit=3' });
  expect(misspelt.statusCode).toBe(400);
});

describe('POST /tools/call', () => {
  test('200 with the handle of a job that is committed', async () => {
    const response = await call(good);
    expect(response.statusCode).toBe(200);
    const { structuredContent: handle, content, isError } = response.json();
    expect(handle).toEqual({
      job_id: expect.any(String),
      // Asya's second generation calls a job an envelope.
      envelope_id: handle.job_id,
      message: `Job created successfully with ID: ${handle.job_id}`,
      status_url: `/jobs/${handle.job_id}`,
      stream_url: `/jobs/${handle.job_id}/stream`,
    });
    expect(content).toEqual([{ type: 'text', text: JSON.stringify(handle) }]);
    expect(isError).toBe(false);

    const job = (await gateway.app.inject({ url: handle.status_url })).json();
    expect(job).toMatchObject({ tool: 'enhance_image', payload: good.arguments });
  });

  test('a tool without progress offers no stream; its metadata is shown', async () => {
    const { structuredContent } = (await call({ ...good, name: 'quiet' })).json();
    expect(structuredContent).not.toHaveProperty('stream_url');
    expect(structuredContent).toMatchObject({ metadata: { team: 'vision' } });
  });

  test.each([
    ['a missing argument', {}, 'url'],
    ['an argument of the wrong type', { url: 7 }, 'url'],
    ['an unknown argument', { url: 'x', size: 1 }, 'size'],
    ['arguments that are no object', [1], 'arguments'],
    ['no arguments at all', undefined, 'url'],
    ['an argument that no store can hold', { url: 'a\u0000b' }, 'url'],
  ])('%s is a result with isError that names it, and makes no job', async (_name, args, named) => {
    const response = await call({ name: 'enhance_image', arguments: args });
    expect(response.statusCode).toBe(200);
    const { isError, content } = response.json();
    expect(isError).toBe(true);
    expect(content[0].text).toContain(named);
    expect((await gateway.app.inject({ url: '/jobs' })).json().jobs).toEqual([]);
  });

  test('404 tool_not_found for an unknown tool', async () => {
    const response = await call({ name: 'nothing', arguments: {} });
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({
      code: 'tool_not_found',
      detail: 'no tool is named nothing',
    });
  });

  test.each([
    ['body: must have required properties name', {}],
    ['body: name must be string', { name: 1 }],
    ['body: must be object', 'enhance_image'],
  ])('400 with "%s"', async (detail, body) => {
    const response = await call(body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_request', detail });
  });

  test('an escaped surrogate pair is an ordinary character', async () => {
    const response = await gateway.app.inject({
      method: 'POST',
      url: '/tools/call',
      headers: { 'content-type': 'application/json' },
      payload: '{"name":"enhance_image","arguments":{"url":"\\ud83d\\ude00"}}',
    });
    const { job_id: id } = response.json().structuredContent;
    expect(await gateway.jobs.get(id)).toMatchObject({ payload: { url: '😀' } });
  });

  test('takes the caller’s trace over into the job’s headers, and nothing else', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = {
      traceparent,
      tracestate: 'a=1',
      authorization: 'Bearer secret',
      cookie: 'a=b',
    };
    const { job_id: id } = (await call(good, headers)).json().structuredContent;
    expect((await gateway.jobs.get(id))?.headers).toEqual({ traceparent, tracestate: 'a=1' });
  });

  test('an invalid trace is dropped', async () => {
    const { job_id: id } = (await call(good, { traceparent: 'mine', tracestate: 'a=1' })).json()
      .structuredContent;
    expect((await gateway.jobs.get(id))?.headers).toEqual({});
  });
});

describe('POST /tools/call with Prefer: wait=N', () => {
  test('200 with the result of a job that ends in time', async () => {
    await actor({ status: 'succeeded', result: { url: 'y' } });
    const response = await call(good, { prefer: 'wait=20' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['preference-applied']).toBe('wait=20');
    expect(response.json()).toMatchObject({ structuredContent: { url: 'y' }, isError: false });
  });

  test('200 with isError for work that failed', async () => {
    await actor({ status: 'failed', error: 'boom' });
    const response = await call(good, { prefer: 'respond-async, wait=20' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      isError: true,
      structuredContent: { reason: 'ActorError', error: 'boom' },
    });
  });

  test('the handle when time runs out', async () => {
    const response = await call(good, { prefer: 'wait=0' });
    expect(response.statusCode).toBe(200);
    expect(response.headers['preference-applied']).toBe('wait=0');
    expect(response.json().structuredContent).toHaveProperty('status_url');
  });

  test('the handle at once when the gateway closes', async () => {
    gateway.closing.abort();
    const response = await call(good, { prefer: 'wait=3600' });
    expect(response.statusCode).toBe(200);
    expect(response.json().structuredContent).toHaveProperty('status_url');
  });

  test('502 for a job that no actor could get, naming job and reason', async () => {
    afterCreate(async (ids) => {
      const event = {
        type: 'failed',
        reason: 'Unroutable',
        error: 'no queue',
        details: null,
      } as const;
      await gateway.store.apply(
        ids.map((jobId) => ({ jobId, event })),
        Date.now(),
      );
    });
    const response = await call(good, { prefer: 'wait=20' });
    expect(response.statusCode).toBe(502);
    expect(response.json()).toMatchObject({
      code: 'work_not_possible',
      detail: 'no queue',
      job_id: expect.any(String),
      reason: 'Unroutable',
    });
  });

  test('the handle, not an error, when the store goes away after the job was made', async () => {
    afterCreate(async () => void (outage.away = true));
    const response = await call(good, { prefer: 'wait=20' });
    expect(response.statusCode).toBe(200);
    expect(response.json().structuredContent).toHaveProperty('job_id');
  });

  test('a caller that leaves does not end the job', async () => {
    const created = Promise.withResolvers<string>();
    afterCreate(async ([id]) => created.resolve(id ?? ''));
    const origin = await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    const leaving = new AbortController();
    const request = fetch(`${origin}/tools/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify(good),
      signal: leaving.signal,
    });
    const id = await created.promise;
    leaving.abort();
    await expect(request).rejects.toThrow('aborted');
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Pending' });
  });
});

describe('POST /tools/call in an outage', () => {
  test('503 broker_unavailable, and no job is made', async () => {
    const away: Publisher = {
      publish: async () => 'refused',
      unavailable: () => 'no connection to amqp://secret@broker',
      onAvailable: () => {},
    };
    const other = await createTestApp({ publisher: away });
    const response = await call(good, {}, other.app);
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
    expect(response.json()).toMatchObject({ code: 'broker_unavailable' });
    expect(response.body).not.toContain('secret');
    expect((await other.app.inject({ url: '/jobs' })).json().jobs).toEqual([]);
    await other.close();
  });

  test('503 store_unavailable', async () => {
    outage.away = true;
    const response = await call(good);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'store_unavailable' });
  });
});
