import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';

let gateway: TestApp;

beforeEach(async () => {
  gateway = await createTestApp();
});

afterEach(() => gateway.close());

const call = (key: string | null, url = 'https://example.com/a.png', wait = false) =>
  gateway.app.inject({
    method: 'POST',
    url: '/tools/call',
    headers: {
      ...(key !== null && { 'idempotency-key': key }),
      ...(wait && { prefer: 'wait=20' }),
    },
    payload: { name: 'enhance_image', arguments: { url } },
  });

const jobIdOf = (response: Awaited<ReturnType<typeof call>>): string =>
  response.json().structuredContent.job_id;

const query = { status: null, tool: null, parentId: null, createdAfter: null, before: null };
const jobs = async () => (await gateway.jobs.list({ ...query, limit: 100 })).jobs;

describe('POST /tools/call with Idempotency-Key', () => {
  test('makes one job, and says of every further response that it is a repeat', async () => {
    const first = await call('order 7, part 2');
    expect([first.statusCode, first.headers['idempotent-replayed']]).toEqual([200, undefined]);
    const again = await call('order 7, part 2');
    expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect(jobIdOf(again)).toBe(jobIdOf(first));
    expect(await jobs()).toHaveLength(1);
  });

  test('makes one job of 64 calls at once', async () => {
    const responses = await Promise.all(Array.from({ length: 64 }, () => call('order 8')));
    expect(new Set(responses.map(jobIdOf)).size).toBe(1);
    expect(await jobs()).toHaveLength(1);
  });

  test('waits for the job of the first call', async () => {
    const id = jobIdOf(await call('order 9'));
    const waiting = call('order 9', undefined, true);
    await gateway.events.apply(id, { type: 'succeeded', result: { url: 'done' } });
    expect((await waiting).json()).toMatchObject({ structuredContent: { url: 'done' } });
    const later = await call('order 9', undefined, true);
    expect(later.headers['idempotent-replayed']).toBe('true');
    expect(later.json()).toMatchObject({ structuredContent: { url: 'done' } });
  });

  test('refuses the key with other arguments, and names the job', async () => {
    const id = jobIdOf(await call('order 10'));
    const other = await call('order 10', 'https://example.com/b.png');
    expect(other.statusCode).toBe(422);
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused' });
    expect(other.json().detail).toContain(id);
  });

  test('does not bind the key to arguments that do not fit', async () => {
    const wrong = await gateway.app.inject({
      method: 'POST',
      url: '/tools/call',
      headers: { 'idempotency-key': 'order 11' },
      payload: { name: 'enhance_image', arguments: { url: 7 } },
    });
    expect(wrong.json()).toMatchObject({ isError: true });
    expect((await call('order 11')).json()).toMatchObject({ isError: false });
  });

  test.each(['', 'x'.repeat(256)])('refuses the key "%s"', async (key) => {
    const response = await call(key);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_idempotency_key' });
    expect(await jobs()).toHaveLength(0);
  });
});
