import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import type { Asked } from '../event.ts';
import { BrokerUnavailable, type Publisher } from '../ports/publisher.ts';
import type { Submission } from '../submission.ts';

let gateway: TestApp;

beforeEach(async () => {
  gateway = await createTestApp();
});

afterEach(() => gateway.close());

describe('submit', () => {
  test('gives the job the id that is asked for', async () => {
    const id = uuidv7();
    expect(await gateway.submit({ id })).toMatchObject({ id, route: { metadata: { job_id: id } } });
  });

  test('leaves the job alone that has the id already, and makes another', async () => {
    const id = uuidv7();
    const submissions = ['first', 'second', 'third'].map((payload) => ({ id, payload }));
    // Two in one batch, then one more.
    const jobs = await Promise.all(submissions.slice(0, 2).map(gateway.submit));
    jobs.push(await gateway.submit(submissions[2]));
    expect(jobs.map((job) => job.payload)).toEqual(['first', 'second', 'third']);
    expect(new Set(jobs.map((job) => job.id)).size).toBe(3);
    for (const job of jobs) expect(await gateway.jobs.get(job.id)).toEqual(job);
    expect(jobs[0]).toMatchObject({ id });
  });
});

describe('submitOnce', () => {
  const call: Submission = {
    tool: 'enhance_image',
    steps: ['download', 'enhance'],
    payload: { url: 'u', size: 1 },
    metadata: null,
    headers: {},
    timeoutSeconds: 0,
    heartbeatTimeoutSeconds: 0,
    inputTimeoutSeconds: 0,
  };

  test('makes one job of an id, however many callers race', async () => {
    const racing = Array.from({ length: 64 }, () => gateway.jobs.submitOnce('order-7', call));
    const outcomes = await Promise.all(racing);
    expect(new Set(outcomes.map(({ job }) => job.id)).size).toBe(1);
    expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'existing')).toHaveLength(63);
    expect(await gateway.jobs.submitOnce('order-8', call)).toMatchObject({ kind: 'created' });
  });

  test('tells a call of another tool or with other arguments', async () => {
    const { job } = await gateway.jobs.submitOnce('order-7', call);
    const reordered = { ...call, payload: { size: 1, url: 'u' } };
    expect(await gateway.jobs.submitOnce('order-7', reordered)).toEqual({ kind: 'existing', job });
    for (const other of [
      { ...call, payload: { url: 'v', size: 1 } },
      { ...call, tool: 'other' },
    ]) {
      expect(await gateway.jobs.submitOnce('order-7', other)).toEqual({ kind: 'mismatch', job });
    }
  });

  test('finds the job while the broker is away, and makes none', async () => {
    await gateway.close();
    const away = { publish: vi.fn<Publisher['publish']>(), onAvailable(): void {} };
    let fault: string | null = null;
    away.publish.mockResolvedValue('confirmed');
    const publisher: Publisher = { ...away, unavailable: () => fault };
    gateway = await createTestApp({ publisher });
    const { job } = await gateway.jobs.submitOnce('order-7', call);
    fault = 'away';
    expect(await gateway.jobs.submitOnce('order-7', call)).toMatchObject({
      kind: 'existing',
      job: { id: job.id },
    });
    await expect(gateway.jobs.submitOnce('order-8', call)).rejects.toThrow(BrokerUnavailable);
    fault = null;
    expect(await gateway.jobs.submitOnce('order-8', call)).toMatchObject({ kind: 'created' });
  });
});

describe('cancel', () => {
  test('takes unfinished children along, and theirs', async () => {
    const { id } = await gateway.submit();
    const child = (childId: string, parentId: string) =>
      gateway.reports.register({ id: childId, parentId, steps: [], current: 0 });
    await child(`${id}-1`, id);
    await child(`${id}-1-1`, `${id}-1`);
    await child(`${id}-2`, id);
    await child('elsewhere', 'another');
    await gateway.events.apply(`${id}-2`, { type: 'succeeded', result: 1 });
    await gateway.jobs.cancel(id, 'CancelledByClient', 'enough');
    const statusOf = async (jobId: string) => (await gateway.jobs.get(jobId))?.status;
    expect(await statusOf(`${id}-1`)).toBe('Cancelled');
    expect(await statusOf(`${id}-1-1`)).toBe('Cancelled');
    expect(await statusOf(`${id}-2`)).toBe('Succeeded');
    expect(await statusOf('elsewhere')).toBe('Pending');
    await child(`${id}-3`, id);
    expect(await gateway.jobs.cancel(id, 'CancelledByClient', null)).toMatchObject({
      refusal: 'repeated',
    });
    expect(await statusOf(`${id}-3`)).toBe('Cancelled');
  });
});

describe('answer', () => {
  const asked: Asked = {
    type: 'asked',
    step: 'download',
    stepIndex: 0,
    requests: { size: { method: 'elicitation/create', params: {} } },
    payload: {},
    metadata: {},
  };

  test('takes no answer to a question that came after it was checked', async () => {
    const { id } = await gateway.submit();
    const answering = gateway.jobs.answer(id, { size: { action: 'perhaps' } });
    // In the store after the read, and before the answer.
    await Promise.all([gateway.jobs.get(id), gateway.events.apply(id, asked)]);
    expect(await answering).toMatchObject({ kind: 'refused', refusal: 'not-asked' });
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'InputRequired' });
    expect(await gateway.jobs.answer(id, { size: { action: 'perhaps' } })).toMatchObject({
      kind: 'invalid',
    });
    const cancel = { action: 'cancel' };
    expect(await gateway.jobs.answer(id, { size: cancel })).toMatchObject({ kind: 'applied' });
    expect(await gateway.jobs.answer(id, { size: cancel })).toMatchObject({
      refusal: 'repeated',
    });
  });
});
