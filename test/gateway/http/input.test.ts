import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actor } from '../../../src/actor/actor.ts';
import { elicit, sample } from '../../../src/actor/ask.ts';
import { runActors, type RunningActors } from '../../../src/actor/run-actors.ts';
import { log } from '../../support/actor-gateway.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';

/* Jobs that ask, answered by HTTP, with actors of the library. */

let gateway: TestApp;
let actors: RunningActors;

const download = actor('download', async (_payload, { ask }) => {
  const { size } = await ask({
    size: elicit('Which size?', {
      type: 'object',
      properties: { width: { type: 'integer' } },
      required: ['width'],
    }),
  });
  return { from: 'download', size };
});

const enhance = actor('enhance', async (payload, { ask }) => {
  const { size, text } = await ask({ size: elicit('And now?', {}), text: sample('Hello', 10) });
  return { payload, size: size.action, text: text.model };
});

beforeEach(async () => {
  gateway = await createTestApp();
  actors = await runActors([download, enhance], gateway.broker.connect(), { log });
});

afterEach(async () => {
  await actors.close();
  await gateway.close();
});

function answer(id: string, answers: unknown) {
  const payload = { answers } as object;
  return gateway.app.inject({ method: 'POST', url: `/jobs/${id}/input`, payload });
}

/** The job once it waits, which its history tells. */
async function waiting(id: string, times = 1): Promise<Record<string, unknown>> {
  await expect
    .poll(async () => {
      const [history = []] = await gateway.store.history([{ jobId: id, after: 0 }], 100);
      return history.filter(({ status }) => status === 'InputRequired').length;
    })
    .toBe(times);
  return (await gateway.app.inject({ url: `/jobs/${id}` })).json();
}

const width = { action: 'accept', content: { width: 3 } };

describe('POST /jobs/{id}/input', () => {
  test('lets each step run again with its answers', async () => {
    const { id } = await gateway.submit();
    expect(await waiting(id)).toMatchObject({
      status: 'InputRequired',
      message: 'Waiting for input: Which size?',
      current_step: 'download',
      input_requests: {
        size: { method: 'elicitation/create', params: { message: 'Which size?' } },
      },
    });
    const answered = await answer(id, { size: width });
    expect(answered.statusCode).toBe(202);
    expect(answered.json()).not.toHaveProperty('input_requests');
    await gateway.relay();

    // The second step asks by a key that the first has used.
    const second = await waiting(id, 2);
    expect(Object.keys(Object(second['input_requests']))).toEqual(['size@1', 'text']);
    expect((await answer(id, { 'size@1': { action: 'decline' } })).json()).toMatchObject({
      status: 'InputRequired',
      message: "Waiting for input: an answer of the client's model",
    });
    await answer(id, { text: { role: 'assistant', content: {}, model: 'm' } });
    await gateway.relay();
    await expect.poll(async () => (await gateway.jobs.get(id))?.status).toBe('Succeeded');
    expect(await gateway.jobs.get(id)).toMatchObject({
      result: {
        payload: { from: 'download', size: width },
        size: 'decline',
        text: 'm',
      },
      progressPercent: 100,
    });
  });

  test('says that nobody works on the job meanwhile', async () => {
    const { id } = await gateway.submit();
    await waiting(id);
    expect((await gateway.app.inject({ url: `/jobs/${id}/active` })).statusCode).toBe(410);
    const cancelled = await gateway.app.inject({ method: 'DELETE', url: `/jobs/${id}` });
    expect(cancelled.json()).toMatchObject({ status: 'Cancelled' });
    expect((await answer(id, { size: width })).json()).toMatchObject({
      status: 409,
      code: 'job_finished',
    });
  });

  test('names what is wrong with an answer, and the job waits on', async () => {
    const { id } = await gateway.submit();
    await waiting(id);
    const wrong = await answer(id, { size: { action: 'accept', content: { width: 'wide' } } });
    expect(wrong.json()).toMatchObject({
      status: 400,
      detail: 'body/answers: size.content.width must be integer',
    });
    expect((await answer(id, { size: 3 })).statusCode).toBe(400);
    expect((await answer(id, {})).statusCode).toBe(400);
    expect((await answer(id, { size: width })).statusCode).toBe(202);
  });

  test('takes the same answer twice, and none that nobody asked for', async () => {
    const { id } = await gateway.submit();
    await waiting(id);
    expect((await answer(id, { other: width })).json()).toMatchObject({
      status: 409,
      code: 'job_not_asking',
    });
    expect((await answer(id, { size: width })).statusCode).toBe(202);
    expect((await answer(id, { size: width })).statusCode).toBe(200);
    expect((await answer('unknown', { size: width })).json()).toMatchObject({
      status: 404,
      code: 'job_not_found',
    });
  });
});
