import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aJob } from '../../support/jobs.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';

let gateway: TestApp;
beforeEach(async () => {
  gateway = await createTestApp();
});
afterEach(() => gateway.close());

const get = (url: string) => gateway.app.inject({ url });

describe('GET /jobs/{id}', () => {
  test('shows a pending job with every field of the contract', async () => {
    const job = await gateway.submit({ metadata: { team: 'vision' } });
    const response = await get(`/jobs/${job.id}`);

    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.json()).toEqual({
      id: job.id,
      tool: 'enhance_image',
      status: 'Pending',
      route: {
        steps: ['download', 'enhance'],
        current: 0,
        metadata: { team: 'vision', job_id: job.id },
      },
      payload: { url: 'https://example.com/a.png' },
      result: null,
      error: null,
      error_details: null,
      message: 'Job created',
      progress_percent: 0,
      current_step: 'download',
      steps_completed: 0,
      total_steps: 2,
      timeout_seconds: 300,
      deadline: new Date(job.createdAt + 300_000).toISOString(),
      last_heartbeat_at: null,
      created_at: new Date(job.createdAt).toISOString(),
      updated_at: new Date(job.createdAt).toISOString(),
      finished_at: null,
    });
  });

  test('a failed child shows parent_id, reason, error and the details as the actor gave them', async () => {
    const details = { message: 'boom', type: 'ValueError', traceback: 'line 1\nline 2' };
    await gateway.store.create([aJob({ id: 'parent-1', parentId: 'parent', tool: null })], 0);
    await gateway.events.apply('parent-1', {
      type: 'failed',
      reason: 'ActorError',
      error: 'boom',
      details,
    });

    expect((await get('/jobs/parent-1')).json()).toMatchObject({
      id: 'parent-1',
      parent_id: 'parent',
      tool: null,
      status: 'Failed',
      reason: 'ActorError',
      error: 'boom',
      error_details: details,
      deadline: null,
      finished_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  test.each([
    ['null', null],
    ['a bare number', 0],
    ['an empty string', ''],
    ['nested values and keys of any name', { toJSON: 1, __proto_: [null, { a: [1.5, 'ü'] }] }],
  ])('gives a result back unchanged: %s', async (_name, result) => {
    const { id } = await gateway.submit();
    await gateway.events.apply(id, { type: 'succeeded', result });
    expect((await get(`/jobs/${id}`)).json()).toMatchObject({ status: 'Succeeded', result });
  });

  test('404 job_not_found for an unknown id', async () => {
    const response = await get('/jobs/nobody');
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toEqual({
      title: 'Not Found',
      status: 404,
      code: 'job_not_found',
      error: 'no job has the id nobody',
      detail: 'no job has the id nobody',
    });
  });

  test.each([
    ['has other characters', 'a%2Fb'],
    ['holds U+0000', 'a%00b'],
    ['is longer than 128 characters', 'x'.repeat(129)],
  ])('400 naming the id when it %s', async (_name, id) => {
    const response = await get(`/jobs/${id}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining('id must match'),
    });
  });

  test('an id of 128 characters is looked up', async () => {
    expect((await get(`/jobs/${'x'.repeat(128)}`)).statusCode).toBe(404);
  });

  test('414 for an id so long that the router stops reading', async () => {
    const response = await get(`/jobs/${'x'.repeat(3_000)}`);
    expect(response.statusCode).toBe(414);
    expect(response.json()).toMatchObject({ code: 'uri_too_long' });
  });

  test('HEAD answers like GET, without the body', async () => {
    const { id } = await gateway.submit();
    const response = await gateway.app.inject({ method: 'HEAD', url: `/jobs/${id}` });
    expect(response.statusCode).toBe(200);
    expect(response.body).toBe('');
    expect(response.headers['content-type']).toContain('application/json');
  });
});

/** A page of the list: the ids on it, and the cursor of the next. */
const list = async (query: string) => {
  const response = await get(`/jobs${query}`);
  expect(response.statusCode).toBe(200);
  const { jobs, next_cursor: next } = response.json();
  return { ids: jobs.map(({ id }: { id: string }) => id), next };
};

describe('GET /jobs', () => {
  test('an empty list has no next page', async () => {
    expect((await get('/jobs')).json()).toEqual({ jobs: [], next_cursor: null });
  });

  test('pages through all jobs, newest first, ties by id, each job once', async () => {
    const at = [1_000, 2_000, 2_000, 2_000, 3_000];
    const jobs = at.map((createdAt, i) => aJob({ id: `job-${i}`, createdAt }));
    await gateway.store.create(jobs, 0);

    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.next}`);
    const third = await list(`?limit=2&cursor=${second.next}`);

    expect([first.ids, second.ids, third.ids]).toEqual([
      ['job-4', 'job-3'],
      ['job-2', 'job-1'],
      ['job-0'],
    ]);
    expect(third.next).toBeNull();
  });

  test('a page that is exactly full is the last one', async () => {
    await gateway.store.create([aJob({ id: 'a' }), aJob({ id: 'b' })], 0);
    expect((await list('?limit=2')).next).toBeNull();
  });

  test('a page of large results is shorter, and the next begins where it ends', async () => {
    const text = 'x'.repeat(3 * 1_048_576);
    const jobs = Array.from({ length: 5 }, (_, i) => aJob({ id: `job-${i}`, payload: { text } }));
    await gateway.store.create(jobs, 0);

    const first = await list('?limit=200');
    const second = await list(`?limit=200&cursor=${first.next}`);
    const third = await list(`?limit=200&cursor=${second.next}`);
    expect([first.ids, second.ids, third.ids]).toEqual([
      ['job-4', 'job-3'],
      ['job-2', 'job-1'],
      ['job-0'],
    ]);
    expect(third.next).toBeNull();
  });

  test('shows 50 jobs unless told otherwise, and up to 200', async () => {
    await gateway.store.create(
      Array.from({ length: 201 }, (_, i) => aJob({ id: `job-${i}` })),
      0,
    );
    expect((await list('')).ids).toHaveLength(50);
    expect((await list('?limit=200')).ids).toHaveLength(200);
  });

  test('filters by status, tool, parent_id and created_after', async () => {
    await gateway.store.create(
      [
        aJob({ id: 'plain', createdAt: 1_000 }),
        aJob({ id: 'late', createdAt: 5_000 }),
        aJob({ id: 'other-tool', tool: 'resize', createdAt: 1_000 }),
        aJob({ id: 'child', parentId: 'plain', tool: null, createdAt: 1_000 }),
        aJob({ id: 'done', createdAt: 1_000 }),
      ],
      0,
    );
    await gateway.events.apply('done', { type: 'succeeded', result: 1 });

    expect((await list('?status=Succeeded')).ids).toEqual(['done']);
    expect((await list('?tool=resize')).ids).toEqual(['other-tool']);
    expect((await list('?parent_id=plain')).ids).toEqual(['child']);
    expect((await list('?created_after=1970-01-01T00:00:02Z')).ids).toEqual(['late']);
    expect((await list('?created_after=1970-01-01T01:00:02%2B01:00')).ids).toEqual(['late']);
    expect((await list('?status=Pending&tool=enhance_image')).ids).toEqual(['late', 'plain']);
  });

  test.each([
    ['status', 'status=done'],
    ['status', 'status=Failed&status=Running'],
    ['tool', 'tool=a%00b'],
    ['parent_id', 'parent_id=a/b'],
    ['created_after', 'created_after=yesterday'],
    ['created_after', 'created_after=2024-01-01T23:59:60Z'],
    ['created_after', 'created_after=0000-01-01T00:00:00Z'],
    ['created_after', 'created_after=9999-12-31T23:59:59-23:59'],
    ['cursor', `cursor=${Buffer.from('999999999999999 a').toString('base64url')}`],
    ['limit', 'limit=0'],
    ['limit', 'limit=201'],
    ['limit', 'limit=1.5'],
    ['limit', 'limit=many'],
    ['limit', 'limit='],
    ['cursor', 'cursor=bm90IGEgY3Vyc29y'],
    ['cursor', 'cursor='],
  ])('400 naming %s for ?%s', async (field, query) => {
    const response = await get(`/jobs?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      code: 'invalid_request',
      detail: expect.stringMatching(new RegExp(`^querystring: ${field} `)),
    });
  });
});

describe('a query parameter that there is not', () => {
  test.each([
    ['/jobs?stats=Failed', 'stats', 'status'],
    ['/jobs?status=Failed&Limit=3', 'Limit', 'limit'],
    ['/jobs?parentId=a', 'parentId', 'parent_id'],
    ['/jobs/J1/stream?afer=3', 'afer', 'after'],
  ])('400 for %s, with the one that was probably meant', async (url, name, meant) => {
    const response = await get(url);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toBe(
      `querystring: there is no parameter ${name}; did you mean ${meant}?`,
    );
  });

  test('400 naming those there are, if none is near', async () => {
    expect((await get('/jobs?xyzzy=1')).json().detail).toBe(
      'querystring: there is no parameter xyzzy, only status, tool, parent_id, created_after, limit, cursor',
    );
  });

  test('does not matter where none is taken, nor to the second generation', async () => {
    const { id } = await gateway.submit();
    await gateway.jobs.cancel(id, null);
    for (const path of [`/jobs/${id}?t=1`, `/envelopes/${id}/stream?timeout=3`, '/health?x']) {
      expect((await get(path)).statusCode).toBe(200);
    }
  });
});

describe.each([
  ['POST /jobs/{id}/cancel', 'POST', (id: string) => `/jobs/${id}/cancel`],
  ['DELETE /jobs/{id}', 'DELETE', (id: string) => `/jobs/${id}`],
] as const)('%s', (_name, method, path) => {
  const cancel = (id: string, payload?: object) =>
    gateway.app.inject({ method, url: path(id), ...(payload && { payload }) });

  test('202 with the cancelled job; the reason given is its error', async () => {
    const { id } = await gateway.submit();
    const response = await cancel(id, { reason: 'no longer needed' });
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({
      id,
      status: 'Cancelled',
      reason: 'CancelledByClient',
      error: 'no longer needed',
      tool: 'enhance_image',
    });
  });

  test('is announced to actors, once', async () => {
    const { id } = await gateway.submit();
    const heard: unknown[] = [];
    gateway.broker.connect().onCalledOff((job) => heard.push(job));
    await cancel(id);
    await cancel(id);
    expect(heard).toEqual([{ jobId: id, reason: 'CancelledByClient' }]);
  });

  test('needs no body', async () => {
    const { id } = await gateway.submit();
    const response = await cancel(id);
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({ status: 'Cancelled', error: null });
  });

  test('takes an empty JSON body for none', async () => {
    const { id } = await gateway.submit();
    const headers = { 'content-type': 'application/json' };
    const response = await gateway.app.inject({ method, url: path(id), headers });
    expect(response.statusCode).toBe(202);
  });

  test('what cannot be stored of the reason is replaced', async () => {
    const { id } = await gateway.submit();
    const response = await cancel(id, { reason: 'a\u0000b\ud800' });
    expect(response.json()).toMatchObject({ status: 'Cancelled', error: 'a\ufffdb\ufffd' });
  });

  test('again: 200, and the first reason stands', async () => {
    const { id } = await gateway.submit();
    await cancel(id, { reason: 'first' });
    const response = await cancel(id, { reason: 'second' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ status: 'Cancelled', error: 'first' });
  });

  test('409 when the job finished otherwise, which stands', async () => {
    const { id } = await gateway.submit();
    await gateway.events.apply(id, { type: 'succeeded', result: 1 });
    const response = await cancel(id);
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({
      code: 'outcome_conflict',
      detail: expect.stringContaining('Succeeded'),
    });
    expect((await get(`/jobs/${id}`)).json()).toMatchObject({ status: 'Succeeded' });
  });

  test('404 for an unknown job', async () => {
    const response = await cancel('nobody');
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'job_not_found' });
  });

  test('400 naming the reason when it is no text', async () => {
    const { id } = await gateway.submit();
    const response = await cancel(id, { reason: 7 });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ detail: 'body: reason must be string' });
    expect((await get(`/jobs/${id}`)).json()).toMatchObject({ status: 'Pending' });
  });
});
