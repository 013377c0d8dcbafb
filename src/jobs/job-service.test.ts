import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createTestApp, type TestApp } from '../../test/support/app.ts';

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
