import { StoreUnavailable, type JobStore } from '../../../src/jobs/ports/job-store.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { memoryLog } from '../../support/memory-log.ts';

/*
 * An actor whose result is refused has acknowledged its message by then, and nobody reports again: so
 * the job has to end with this request, as what it is.
 */

const mebibyte = 1_048_576;

let gateway: TestApp;
let lines: string[];
/** Null: the store takes everything. */
let storeFault: Error | null;
beforeEach(async () => {
  const memory = memoryLog();
  ({ lines } = memory);
  storeFault = null;
  gateway = await createTestApp({ log: memory.log, wrapStore });
});
afterEach(() => gateway.close());

/** A store that cannot keep results. */
function wrapStore(store: JobStore): JobStore {
  const apply: JobStore['apply'] = async (events, now) => {
    const isResult = events.some(({ event }) => event.type === 'succeeded');
    if (storeFault !== null && isResult) throw storeFault;
    return store.apply(events, now);
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === 'apply') return apply;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const shown = async (id: string) => (await gateway.app.inject({ url: `/jobs/${id}` })).json();
const post = (url: string, payload: string) =>
  gateway.app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    payload,
  });

/** Both generations have their own words for the same report. */
const generations = ['jobs', 'envelopes'] as const;
const succeeded = (result: string) => `{"status":"succeeded","result":${result}}`;
const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe.each(generations)('POST /%s/{id}/final', (generation) => {
  const final = (id: string, body: string) => post(`/${generation}/${id}/final`, body);

  test('takes a result of 16 MiB, though other bodies may have 1 MiB', async () => {
    const { id } = await gateway.submit();
    const response = await final(id, succeeded(text(16 * mebibyte)));
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
    const job = await gateway.jobs.get(id);
    expect(job?.status).toBe('Succeeded');
    expect(job?.result).toHaveLength(16 * mebibyte - 2);
  });

  test.each([
    ['a byte', 16 * mebibyte + 1],
    ['much', 17 * mebibyte],
  ])('fails the job at once with a result that is %s too large', async (_how, bytes) => {
    const { id } = await gateway.submit();
    const response = await final(id, succeeded(text(bytes)));
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({
      status: 413,
      code: 'body_too_large',
      detail: expect.stringMatching(/ASYA_MAX_RESULT_BYTES/),
    });
    const job = await shown(id);
    expect(job).toMatchObject({ status: 'Failed', reason: 'ResultRejected' });
    expect(job.error).toMatch(/too large.*ASYA_MAX_RESULT_BYTES/);
    expect(lines.filter((line) => line.includes(id) && line.includes('too large'))).toHaveLength(1);
  });

  test('fails the job at once with a result that nests too deeply', async () => {
    const { id } = await gateway.submit();
    const response = await final(id, succeeded(nested(100)));
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'malformed_json' });
    const job = await shown(id);
    expect(job).toMatchObject({ status: 'Failed', reason: 'ResultRejected' });
    expect(job.error).toMatch(/nests deeper/);
  });

  test('fails the job at once with a result that the store cannot keep', async () => {
    const { id } = await gateway.submit();
    storeFault = new Error('invalid input');
    expect((await final(id, succeeded('1'))).statusCode).toBe(500);
    expect(await shown(id)).toMatchObject({ status: 'Failed', reason: 'ResultRejected' });
  });

  test('leaves the job alone in an outage, so that the result can be reported again', async () => {
    const { id } = await gateway.submit();
    storeFault = new StoreUnavailable('away');
    expect((await final(id, succeeded('1'))).statusCode).toBe(503);
    storeFault = null;
    expect((await final(id, succeeded('1'))).statusCode).toBe(200);
    expect(await shown(id)).toMatchObject({ status: 'Succeeded', result: 1 });
  });

  test('leaves a job alone that has ended already', async () => {
    const { id } = await gateway.submit();
    await final(id, succeeded('1'));
    expect((await final(id, succeeded(text(17 * mebibyte)))).statusCode).toBe(413);
    expect(await shown(id)).toMatchObject({ status: 'Succeeded', result: 1 });
  });

  test('refuses malformed JSON, which says nothing of how the job ended', async () => {
    const { id } = await gateway.submit();
    expect((await final(id, '{"status":"succeeded",')).statusCode).toBe(400);
    expect(await shown(id)).toMatchObject({ status: 'Pending' });
  });
});

test('a result without an announced length is measured as it comes', async () => {
  const { id } = await gateway.submit();
  await gateway.app.listen({ port: 0, host: '127.0.0.1' });
  const chunk = new TextEncoder().encode('x'.repeat(mebibyte));
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent === 0)
        controller.enqueue(new TextEncoder().encode('{"status":"succeeded","result":"'));
      if (++sent > 20) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const response = await fetch(`${gateway.app.listeningOrigin}/jobs/${id}/final`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    duplex: 'half',
  });
  expect(response.status).toBe(413);
  expect(await shown(id)).toMatchObject({ status: 'Failed', reason: 'ResultRejected' });
});

test('a child that nobody registered is created as failed', async () => {
  const { id } = await gateway.submit();
  const response = await post(`/envelopes/${id}-1/final`, succeeded(text(17 * mebibyte)));
  expect(response.statusCode).toBe(413);
  expect(await shown(`${id}-1`)).toMatchObject({
    parent_id: id,
    status: 'Failed',
    reason: 'ResultRejected',
  });
});

test.each(['progress', 'heartbeat'])('a %s keeps the limit of other bodies', async (report) => {
  const { id } = await gateway.submit();
  const response = await post(`/jobs/${id}/${report}`, `{"message":${text(2 * mebibyte)}}`);
  expect([response.statusCode, response.json().code]).toEqual([413, 'body_too_large']);
  expect(await shown(id)).toMatchObject({ status: 'Pending' });
});
