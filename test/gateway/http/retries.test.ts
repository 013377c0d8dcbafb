import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobEvent } from '../../../src/jobs/event.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';

let gateway: TestApp;

beforeEach(async () => {
  gateway = await createTestApp();
});

afterEach(() => gateway.close());

const failed: JobEvent = { type: 'failed', reason: 'ActorError', error: 'broken', details: null };

const retry = (id: string, body?: object) =>
  gateway.app.inject({
    method: 'POST',
    url: `/jobs/${id}/retry`,
    ...(body !== undefined && { payload: body }),
  });

async function aFailedJob(): Promise<string> {
  const { id } = await gateway.submit();
  await gateway.events.apply(id, failed);
  return id;
}

describe('POST /jobs/{id}/retry', () => {
  test('makes a new job that names the old one, which stays as it is', async () => {
    const id = await aFailedJob();
    const response = await retry(id);
    expect(response.statusCode).toBe(201);
    const job = response.json();
    expect(job).toMatchObject({ status: 'Pending', retry_of: id, tool: 'enhance_image' });
    expect(job.payload).toEqual({ url: 'https://example.com/a.png' });
    expect(response.headers['location']).toBe(`/jobs/${job.id}`);
    expect(await gateway.jobs.get(id)).toMatchObject({ status: 'Failed', error: 'broken' });
  });

  test('makes one job however often it is asked, and another with other arguments', async () => {
    const id = await aFailedJob();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => retry(id)));
    expect(new Set([first, ...others].map((response) => response?.json().id)).size).toBe(1);
    expect((await retry(id)).statusCode).toBe(200);
    const changed = await retry(id, { arguments: { url: 'https://example.com/b.png' } });
    expect(changed.statusCode).toBe(201);
    expect(changed.json().payload).toEqual({ url: 'https://example.com/b.png' });
  });

  test('refuses what cannot be retried, and says why', async () => {
    const { id } = await gateway.submit();
    expect((await retry(id)).json()).toMatchObject({ status: 409, code: 'job_unfinished' });
    expect((await retry('unknown')).json()).toMatchObject({ status: 404, code: 'job_not_found' });
    await gateway.reports.register({ id: 'child-1', parentId: 'child', steps: ['a'], current: 0 });
    await gateway.events.apply('child-1', failed);
    expect((await retry('child-1')).json()).toMatchObject({ code: 'job_not_retryable' });
    const failedId = await aFailedJob();
    const wrong = await retry(failedId, { arguments: { url: 7 } });
    expect(wrong.json()).toMatchObject({ status: 400, detail: expect.stringContaining('url') });
    const gone = await gateway.submit({ tool: 'gone' });
    await gateway.events.apply(gone.id, failed);
    expect((await retry(gone.id)).json()).toMatchObject({ code: 'job_not_retryable' });
  });
});
