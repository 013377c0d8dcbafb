import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aJob } from '../../support/jobs.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';

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
const active = (id: string) => gateway.app.inject({ url: `/jobs/${id}/active` });
const shown = async (id: string) => (await gateway.app.inject({ url: `/jobs/${id}` })).json();

const pickedUp = { actor_name: 'download-actor', status: 'picked_up' };
const received = {
  step: 'download',
  step_index: 0,
  total_steps: 2,
  status: 'received',
  actor_name: 'download-actor',
};

describe('GET /jobs/{id}/active', () => {
  test('200 {"active":true} while the job is pending or running', async () => {
    const { id } = await gateway.submit();
    for (const step of ['pending', 'running']) {
      const response = await active(id);
      expect([step, response.statusCode, response.json()]).toEqual([step, 200, { active: true }]);
      await post(`/jobs/${id}/heartbeat`, pickedUp);
    }
  });

  test.each([
    ['finished', async (id: string) => void (await gateway.jobs.cancel(id, null))],
    ['past its deadline, though nobody ended it yet', async () => void (now += 300_000)],
  ])('410 {"active":false} for a job that is %s', async (_name, change) => {
    const { id } = await gateway.submit();
    await change(id);
    const response = await active(id);
    expect(response.statusCode).toBe(410);
    expect(response.json()).toEqual({ active: false });
  });

  test('410 for a job that waits for input', async () => {
    await gateway.store.create([aJob({ id: 'waiting', status: 'InputRequired' })], 0);
    expect((await active('waiting')).statusCode).toBe(410);
  });

  test('410, not 404, for an unknown job: actors are to let go of it', async () => {
    const response = await active('nobody');
    expect(response.statusCode).toBe(410);
    expect(response.json()).toEqual({ active: false });
  });
});

describe('POST /jobs/{id}/heartbeat', () => {
  test('200, and the job runs at the step the actor is named after', async () => {
    const { id } = await gateway.submit();
    const response = await post(`/jobs/${id}/heartbeat`, pickedUp);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok', active: true });
    expect(await shown(id)).toMatchObject({
      status: 'Running',
      current_step: 'download',
      progress_percent: 5,
      message: 'Actor download-actor picked up task',
      last_heartbeat_at: '2026-01-01T00:00:00.000Z',
    });
  });

  test('tells how much of the step is done', async () => {
    const { id } = await gateway.submit();
    await post(`/jobs/${id}/heartbeat`, {
      actor_name: 'download',
      status: 'processing',
      percent: 80,
    });
    expect(await shown(id)).toMatchObject({ progress_percent: 40 });
    const response = await post(`/jobs/${id}/heartbeat`, {
      actor_name: 'download',
      status: 'processing',
      percent: 101,
    });
    expect(response.statusCode).toBe(400);
  });

  test('status error fails the job, with the message as its error', async () => {
    const { id } = await gateway.submit();
    const body = { actor_name: 'download', status: 'error', message: 'out of memory' };
    const response = await post(`/jobs/${id}/heartbeat`, body);
    expect(response.json()).toEqual({ status: 'ok', active: false });
    expect(await shown(id)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: 'out of memory',
    });
  });

  test.each(['processing', 'error'])(
    '410 job_finished for status %s on a finished job',
    async (status) => {
      const { id } = await gateway.submit();
      await gateway.events.apply(id, { type: 'succeeded', result: 1 });
      const response = await post(`/jobs/${id}/heartbeat`, { actor_name: 'download', status });
      expect(response.statusCode).toBe(410);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ status: 410, code: 'job_finished' });
      expect(await shown(id)).toMatchObject({ status: 'Succeeded' });
    },
  );

  test('410 job_past_deadline after the deadline', async () => {
    const { id } = await gateway.submit();
    now += 300_000;
    const response = await post(`/jobs/${id}/heartbeat`, pickedUp);
    expect(response.statusCode).toBe(410);
    expect(response.json()).toMatchObject({ code: 'job_past_deadline' });
  });

  test('410 job_waiting_for_input while the job waits for input', async () => {
    await gateway.store.create([aJob({ id: 'waiting', status: 'InputRequired' })], 0);
    const response = await post('/jobs/waiting/heartbeat', pickedUp);
    expect(response.statusCode).toBe(410);
    expect(response.json()).toMatchObject({ code: 'job_waiting_for_input' });
  });

  test('404 for an unknown job', async () => {
    const response = await post('/jobs/nobody/heartbeat', pickedUp);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ code: 'job_not_found' });
  });

  test.each([
    ['body: must have required properties actor_name', { status: 'picked_up' }],
    ['body: must have required properties status', { actor_name: 'a' }],
    ['body: status must be equal to one of the allowed values', { actor_name: 'a', status: 'x' }],
    ['body: actor_name must be string', { actor_name: 7, status: 'picked_up' }],
    ['body: must be object', [pickedUp]],
  ])('400 with "%s"', async (detail, body) => {
    const { id } = await gateway.submit();
    const response = await post(`/jobs/${id}/heartbeat`, body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_request', detail });
    expect(await shown(id)).toMatchObject({ status: 'Pending' });
  });

  test('fields the contract does not know are let through', async () => {
    const { id } = await gateway.submit();
    const response = await post(`/jobs/${id}/heartbeat`, { ...pickedUp, host: 'node-1' });
    expect(response.statusCode).toBe(200);
  });

  test('characters that cannot be stored are replaced', async () => {
    const { id } = await gateway.submit();
    const body = `{"actor_name":"download","status":"processing","message":"a\\u0000b\\ud800"}`;
    const headers = { 'content-type': 'application/json' };
    const url = `/jobs/${id}/heartbeat`;
    await gateway.app.inject({ method: 'POST', url, headers, payload: body });
    expect(await shown(id)).toMatchObject({ message: 'a\ufffdb\ufffd' });
  });
});

describe('POST /jobs/{id}/progress', () => {
  test.each([
    ['received', 0, 5],
    ['processing', 0, 25],
    ['completed', 0, 50],
    ['processing', 1, 75],
    ['completed', 1, 99],
  ])('%s at step index %i of 2 is %i percent', async (status, index, percent) => {
    const { id } = await gateway.submit();
    const body = { ...received, status, step_index: index, duration_ms: 12, message_size_kb: 0.5 };
    const response = await post(`/jobs/${id}/progress`, body);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok', progress_percent: percent });
  });

  test('a message delivered twice never takes progress back', async () => {
    const { id } = await gateway.submit();
    await post(`/jobs/${id}/progress`, { ...received, step: 'enhance', step_index: 1 });
    const response = await post(`/jobs/${id}/progress`, received);
    expect(response.json()).toEqual({ status: 'ok', progress_percent: 55 });
  });

  test.each([
    [
      'job_finished',
      async (id: string) => void (await gateway.events.apply(id, { type: 'succeeded', result: 1 })),
    ],
    ['job_past_deadline', async () => void (now += 300_000)],
  ])('410 %s', async (code, change) => {
    const { id } = await gateway.submit();
    await change(id);
    const response = await post(`/jobs/${id}/progress`, received);
    expect(response.statusCode).toBe(410);
    expect(response.json()).toMatchObject({ code });
  });

  test('404 for an unknown job', async () => {
    expect((await post('/jobs/nobody/progress', received)).statusCode).toBe(404);
  });

  test.each([
    ['step_index', { ...received, step_index: 2 }],
    ['step_index', { ...received, step_index: -1 }],
    ['total_steps', { ...received, total_steps: '2' }],
    ['status', { ...received, status: 'picked_up' }],
    ['step', { ...received, step: '' }],
  ])('400 naming %s', async (field, body) => {
    const { id } = await gateway.submit();
    const response = await post(`/jobs/${id}/progress`, body);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toContain(`${field} `);
    expect(await shown(id)).toMatchObject({ status: 'Pending' });
  });
});

describe('POST /jobs/{id}/final', () => {
  test('succeeded: the result is the job’s', async () => {
    const { id } = await gateway.submit();
    const body = { job_id: id, status: 'succeeded', result: { n: 1 }, progress: 100 };
    const response = await post(`/jobs/${id}/final`, body);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok' });
    expect(await shown(id)).toMatchObject({
      status: 'Succeeded',
      result: { n: 1 },
      progress_percent: 100,
    });
  });

  test('failed: error and details are the job’s', async () => {
    const { id } = await gateway.submit();
    const details = { message: 'boom', type: 'ValueError', traceback: '…' };
    await post(`/jobs/${id}/final`, { status: 'failed', error: 'boom', error_details: details });
    expect(await shown(id)).toMatchObject({
      status: 'Failed',
      reason: 'ActorError',
      error: 'boom',
      error_details: details,
    });
  });

  test.each([
    [
      'succeeded',
      { status: 'succeeded', result: { a: 1, b: [2] } },
      { status: 'succeeded', result: { b: [2], a: 1 } },
    ],
    ['failed', { status: 'failed', error: 'boom' }, { status: 'failed', error: 'boom' }],
  ])('the same outcome again is 200 and changes nothing: %s', async (_name, first, again) => {
    const { id } = await gateway.submit();
    await post(`/jobs/${id}/final`, first);
    const before = await shown(id);
    now += 1_000;
    const response = await post(`/jobs/${id}/final`, again);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok' });
    expect(await shown(id)).toEqual(before);
  });

  test.each([
    ['another result', { status: 'succeeded', result: 2 }],
    ['a failure', { status: 'failed', error: 'boom' }],
  ])('409 for %s after the job succeeded, whose outcome stands', async (_name, body) => {
    const { id } = await gateway.submit();
    await post(`/jobs/${id}/final`, { status: 'succeeded', result: 1 });
    const response = await post(`/jobs/${id}/final`, body);
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ code: 'outcome_conflict' });
    expect(await shown(id)).toMatchObject({ status: 'Succeeded', result: 1 });
  });

  test('what a Python end actor does not know is null', async () => {
    const { id } = await gateway.submit();
    const body = { job_id: id, status: 'failed', progress: null, metadata: {}, error: 'broken' };
    expect((await post(`/jobs/${id}/final`, body)).statusCode).toBe(200);
    expect(await shown(id)).toMatchObject({ status: 'Failed', error: 'broken' });
  });

  test('200 when the failure of an earlier attempt is told again, and nothing changes', async () => {
    const retry = {
      attempts: 3,
      delaySeconds: 60,
      maxDelaySeconds: 60,
      on: ['ActorError'] as const,
    };
    const { id } = await gateway.submit({ retry });
    const failure = { status: 'failed', error: 'broken' };
    for (const body of [failure, failure, { ...failure, attempt: 1 }]) {
      expect((await post(`/jobs/${id}/final`, body)).statusCode).toBe(200);
    }
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Pending', attempt: 2 });
  });

  test('404 for an unknown job', async () => {
    expect((await post('/jobs/nobody/final', { status: 'succeeded' })).statusCode).toBe(404);
  });

  test.each([
    ['job_id', { job_id: 'another', status: 'succeeded' }],
    ['status', { status: 'done' }],
    ['error', { status: 'failed', error: { message: 'boom' } }],
  ])('400 naming %s', async (field, body) => {
    const { id } = await gateway.submit();
    const response = await post(`/jobs/${id}/final`, body);
    expect(response.statusCode).toBe(400);
    expect(response.json().detail).toMatch(new RegExp(`^body: ${field} must be`));
    expect(await shown(id)).toMatchObject({ status: 'Pending' });
  });

  test('what cannot be stored of a result is replaced; a key named __proto__ is kept', async () => {
    const { id } = await gateway.submit();
    const payload =
      '{"status":"succeeded","result":{"a\\u0000":"\\udc00","__proto__":1,"e":"\\ud83d\\ude00"}}';
    const headers = { 'content-type': 'application/json' };
    const url = `/jobs/${id}/final`;
    const response = await gateway.app.inject({ method: 'POST', url, headers, payload });
    expect(response.statusCode).toBe(200);
    const body = (await gateway.app.inject({ url: `/jobs/${id}` })).body;
    expect(body).toContain('"result":{"a\ufffd":"\ufffd","__proto__":1,"e":"😀"}');
  });
});
