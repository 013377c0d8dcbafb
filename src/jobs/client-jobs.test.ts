import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createTestApp, type TestApp } from '../../test/support/app.ts';
import type { Asked } from './event.ts';

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
