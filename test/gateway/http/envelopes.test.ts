import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { aJob } from '../../support/jobs.ts';
import { readEvents } from '../../support/clients/sse-client.ts';

let gateway: TestApp;
let now: number;
beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z');
  gateway = await createTestApp({ clock: () => now });
});
afterEach(() => gateway.close());

const post = (url: string, payload: unknown) =>
  gateway.app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });
const get = (url: string) => gateway.app.inject({ url });
const shown = async (id: string) => (await get(`/envelopes/${id}`)).json();

const actors = ['download', 'enhance'];
const received = { actors, current_actor_idx: 0, status: 'received' };

describe('GET /envelopes/{id}', () => {
  test('shows the job under the second generation’s names', async () => {
    const { id } = await gateway.submit();
    await post(`/envelopes/${id}/progress`, received);
    const envelope = await shown(id);
    expect(envelope).toMatchObject({
      id,
      status: 'running',
      route: { actors, current: 0, metadata: { job_id: id } },
      current_actor_idx: 0,
      current_actor_name: 'download',
      actors_completed: 0,
      total_actors: 2,
      progress_percent: 5,
      timeout_seconds: 300,
      deadline: '2026-01-01T00:05:00.000Z',
      created_at: '2026-01-01T00:00:00.000Z',
    });
    for (const name of ['current_step', 'steps_completed', 'total_steps']) {
      expect(envelope).not.toHaveProperty(name);
    }
  });

  test.each([
    ['Pending', 'pending'],
    ['Running', 'running'],
    ['InputRequired', 'running'],
    ['Succeeded', 'succeeded'],
    ['Failed', 'failed'],
    ['Cancelled', 'failed'],
  ] as const)('status %s is %s', async (status, word) => {
    await gateway.store.create([aJob({ id: 'J1', status })], 0);
    expect(await shown('J1')).toMatchObject({ status: word });
  });

  test('404 for an unknown one', async () => {
    expect((await get('/envelopes/nobody')).statusCode).toBe(404);
  });
});

describe('GET /envelopes/{id}/active', () => {
  test('200 while somebody should work on it, 410 else', async () => {
    const { id } = await gateway.submit();
    expect((await get(`/envelopes/${id}/active`)).statusCode).toBe(200);
    await gateway.jobs.cancel(id, null);
    const gone = await get(`/envelopes/${id}/active`);
    expect([gone.statusCode, gone.json()]).toEqual([410, { active: false }]);
  });
});

describe('GET /envelopes/{id}/stream', () => {
  test('is updates alone, under the second generation’s names', async () => {
    const { id } = await gateway.submit();
    await post(`/envelopes/${id}/progress`, { ...received, message: 'Received message' });
    await post(`/envelopes/${id}/final`, { id, status: 'succeeded', result: 1 });
    const { body } = await get(`/envelopes/${id}/stream`);
    const events = await Array.fromAsync(readEvents(new Response(body)));
    const updates = events.filter(({ data }) => data !== null);
    expect(updates.map((update) => [update.event, update.id])).toEqual([
      ['update', '1'],
      ['update', '2'],
      ['update', '3'],
    ]);
    expect(JSON.parse(updates[1]?.data ?? '')).toEqual({
      id,
      seq: 2,
      status: 'running',
      message: 'Received message',
      actor: 'download',
      envelope_state: 'received',
      progress_percent: 5,
      timestamp: '2026-01-01T00:00:00.000Z',
    });
  });

  test('resumes after the last event the client has', async () => {
    const { id } = await gateway.submit();
    await post(`/envelopes/${id}/final`, { id, status: 'failed', error: 'broken' });
    const { body } = await get(`/envelopes/${id}/stream?after=1`);
    expect(body.match(/^id: .*$/gm)).toEqual(['id: 2']);
  });
});

describe('POST /envelopes/{id}/progress', () => {
  test.each([
    ['received', 0, 5, 'download'],
    ['processing', 0, 25, 'download'],
    ['completed', 1, 50, 'download'],
    ['received', 1, 55, 'enhance'],
    ['completed', 2, 99, 'enhance'],
    ['completed', 3, 99, 'enhance'],
  ])('%s with index %i is %i percent, at %s', async (status, index, percent, actor) => {
    const { id } = await gateway.submit();
    const body = { actors, current_actor_idx: index, status, duration_ms: 3, message_size_kb: 0.5 };
    const response = await post(`/envelopes/${id}/progress`, body);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok', progress_percent: percent });
    expect(await shown(id)).toMatchObject({ current_actor_name: actor });
  });

  test('a longer list of actors takes the place of the route', async () => {
    const { id } = await gateway.submit();
    const longer = ['download', 'sharpen', 'crop', 'enhance'];
    const body = { actors: longer, current_actor_idx: 1, status: 'completed' };
    expect((await post(`/envelopes/${id}/progress`, body)).json()).toMatchObject({
      progress_percent: 25,
    });
    expect(await shown(id)).toMatchObject({ route: { actors: longer }, total_actors: 4 });
  });

  test.each([
    ['finished', async (id: string) => void (await gateway.jobs.cancel(id, null))],
    ['past its deadline', async () => void (now += 300_000)],
  ])('200 for a job that is %s, which stays as it is', async (_name, change) => {
    const { id } = await gateway.submit();
    await change(id);
    const before = await shown(id);
    const response = await post(`/envelopes/${id}/progress`, received);
    expect([response.statusCode, response.json()]).toEqual([
      200,
      { status: 'ok', progress_percent: 0 },
    ]);
    expect(await shown(id)).toEqual(before);
  });

  test('200 for an unknown job, which stays unknown', async () => {
    expect((await post('/envelopes/nobody/progress', received)).statusCode).toBe(200);
    expect((await get('/envelopes/nobody')).statusCode).toBe(404);
  });

  test.each([null, []])(
    '200 for the actors %j of a handler that returned no route',
    async (none) => {
      const { id } = await gateway.submit();
      const body = { actors: none, current_actor_idx: 0, status: 'completed' };
      expect((await post(`/envelopes/${id}/progress`, body)).statusCode).toBe(200);
      expect(await shown(id)).toMatchObject({ status: 'pending' });
    },
  );

  test('completed at index 0 is no step done: the message went to its own actor again', async () => {
    const { id } = await gateway.submit();
    await post(`/envelopes/${id}/progress`, { ...received, status: 'completed' });
    expect(await shown(id)).toMatchObject({ actors_completed: 0, current_actor_name: 'download' });
  });

  test.each([
    ['status', { ...received, status: 'picked_up' }],
    ['current_actor_idx', { ...received, current_actor_idx: -1 }],
    ['actors', { ...received, actors: 'download' }],
  ])('400 naming %s', async (field, body) => {
    const response = await post('/envelopes/J1/progress', body);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toContain(field);
  });
});

describe('POST /envelopes/{id}/final', () => {
  test('succeeded, as an end actor’s sidecar says it', async () => {
    const { id } = await gateway.submit();
    const body = { id, status: 'succeeded', progress: 1, result: { n: 1 }, timestamp: 'now' };
    const response = await post(`/envelopes/${id}/final`, body);
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
    expect(await shown(id)).toMatchObject({ status: 'succeeded', result: { n: 1 } });
  });

  test('failed: the error is the runtime’s code and what happened', async () => {
    const { id } = await gateway.submit();
    const details = { message: 'no such image', type: 'ValueError', traceback: '…' };
    const body = {
      id,
      status: 'failed',
      error: 'processing_error',
      error_details: details,
      actors,
      current_actor_idx: 1,
      current_actor_name: 'enhance',
    };
    await post(`/envelopes/${id}/final`, body);
    expect(await shown(id)).toMatchObject({
      status: 'failed',
      reason: 'ActorError',
      error: 'processing_error: no such image',
      error_details: details,
    });
  });

  test('another outcome than the one that stands is answered, and ignored', async () => {
    const { id } = await gateway.submit();
    await post(`/envelopes/${id}/final`, { id, status: 'succeeded', result: 1 });
    const repeated = await post(`/envelopes/${id}/final`, { id, status: 'succeeded', result: 1 });
    expect(repeated.json()).toEqual({ status: 'ok' });
    const other = await post(`/envelopes/${id}/final`, { id, status: 'failed', error: 'late' });
    expect([other.statusCode, other.json()]).toEqual([200, { status: 'ignored' }]);
    expect(await shown(id)).toMatchObject({ status: 'succeeded', result: 1 });
  });

  test('of an unknown id creates a finished child of the parent in its name', async () => {
    const { id, deadline } = await gateway.submit();
    const response = await post(`/envelopes/${id}-1/final`, {
      id: `${id}-1`,
      status: 'failed',
      error: 'broken',
      actors,
    });
    expect(response.statusCode).toBe(200);
    expect(await gateway.jobs.get(`${id}-1`)).toMatchObject({
      parentId: id,
      status: 'Failed',
      error: 'broken',
      deadline,
    });
    const listed = (await get(`/jobs?parent_id=${id}`)).json();
    expect(listed.jobs).toMatchObject([{ id: `${id}-1`, parent_id: id }]);
  });

  test('of an id without a parent it creates a job of its own', async () => {
    const response = await post('/envelopes/elsewhere/final', { status: 'succeeded', result: 1 });
    expect(response.statusCode).toBe(200);
    expect(await shown('elsewhere')).toMatchObject({ status: 'succeeded', result: 1 });
  });

  test.each([
    ['id', { id: 'another', status: 'succeeded' }],
    ['status', { status: 'done' }],
  ])('400 naming %s', async (field, body) => {
    const response = await post('/envelopes/J1/final', body);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toMatch(new RegExp(`^body: ${field} must be`));
  });
});

describe('POST /envelopes', () => {
  test('201, 200 when repeated; the child has its parent’s deadline and is never published', async () => {
    const parent = await gateway.submit();
    const body = { id: `${parent.id}-1`, parent_id: parent.id, actors, current: 1 };
    const created = await post('/envelopes', body);
    expect([created.statusCode, created.json()]).toEqual([201, { status: 'created', id: body.id }]);
    const repeated = await post('/envelopes', body);
    expect([repeated.statusCode, repeated.json()]).toEqual([
      200,
      { status: 'exists', id: body.id },
    ]);
    expect(await gateway.jobs.get(body.id)).toMatchObject({
      parentId: parent.id,
      deadline: parent.deadline,
    });
    const later = now + 1_000_000;
    const waiting = await gateway.store.claimOutbox(later, later, 100);
    expect(waiting.map(({ job }) => job.id)).not.toContain(body.id);
  });

  test.each([
    ['id', { id: 'a b', parent_id: 'p', actors, current: 0 }],
    ['current', { id: 'a', parent_id: 'p', actors, current: -1 }],
  ])('400 naming %s', async (field, body) => {
    const response = await post('/envelopes', body);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toContain(field);
  });
});
