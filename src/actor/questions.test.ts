import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorGateway, anEnvelope } from '../../test/support/actor-gateway.ts';
import { actor } from './actor.ts';
import { elicit, roots, sample, type Requests } from './ask.ts';

let gateway: ActorGateway;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(() => gateway.close());

const asked = (jobId = 'job-1') =>
  gateway.reported((event, id) => event.type === 'asked' && id === jobId);

const whichSize = elicit('Which size?', {
  type: 'object',
  properties: { width: { type: 'integer' } },
});

const answer = { action: 'accept', content: { width: 3 } };

describe('ask', () => {
  it('has the job wait, and acknowledges the message', async () => {
    let resumed = false;
    const actors = await gateway.run(
      actor('double', async (_payload, { ask }) => {
        await ask({ size: whichSize, where: roots() });
        resumed = true;
      }),
    );
    await gateway.broker.publish(anEnvelope({ metadata: { job_id: 'job-1', n: 1 } }));
    expect(await asked()).toEqual({
      type: 'asked',
      step: 'double',
      stepIndex: 0,
      route: ['double'],
      requests: { size: whichSize, where: { method: 'roots/list', params: {} } },
      payload: { n: 21 },
      metadata: { job_id: 'job-1', n: 1 },
    });
    await actors.close();
    // What was not acknowledged would come again.
    await gateway.run(actor('double', () => 'again'));
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2' }));
    await gateway.final('job-2');
    expect(gateway.outcomes).not.toHaveProperty('job-1');
    expect(resumed).toBe(false);
  });

  it.each([
    ['nothing', undefined, /its method must be one of elicitation\/create/],
    ['a method that nobody answers', { method: 'tools/list', params: {} }, /its method must be/],
    ['no params', { method: 'roots/list' }, /its params must be an object/],
    ['a list of params', { method: 'roots/list', params: [] }, /its params must be an object/],
    [
      'a BigInt',
      { method: 'roots/list', params: { n: 1n } },
      /cannot be expressed in JSON.*BigInt/,
    ],
  ])('that asks for %s fails the job, and the request is named', async (_what, request, reason) => {
    await gateway.run(
      actor('double', async (_payload, { ask }) => {
        await ask({ size: request } as unknown as Requests);
      }),
    );
    await gateway.broker.publish(anEnvelope());
    const outcome = await gateway.final();
    expect(outcome).toMatchObject({
      type: 'failed',
      error: expect.stringMatching(/request "size"/),
    });
    expect(Object(outcome).error).toMatch(reason);
  });

  it('returns the answers in the run that has them', async () => {
    await gateway.run(
      actor('double', async (payload: { n: number }, { ask }) => {
        const { size, text } = await ask({ size: whichSize, text: sample('Hello?', 10) });
        return { payload, width: size.action === 'accept' && size.content, model: text.model };
      }),
    );
    const text = { role: 'assistant', content: { type: 'text', text: 'Hi' }, model: 'm' };
    await gateway.broker.publish(anEnvelope({ answers: { size: answer, text } }));
    expect(await gateway.final()).toEqual({
      type: 'succeeded',
      result: { payload: { n: 21 }, width: { width: 3 }, model: 'm' },
    });
  });

  it('asks one after another for what the first answer tells', async () => {
    await gateway.run(
      actor('double', async (_payload, { ask }) => {
        const { size } = await ask({ size: whichSize });
        const { why } = await ask({ why: elicit(`Why ${size.action}?`, { type: 'object' }) });
        return why.action;
      }),
    );
    await gateway.broker.publish(anEnvelope({ answers: { size: answer } }));
    expect(await asked()).toMatchObject({
      requests: { why: { params: { message: 'Why accept?' } } },
    });
  });

  it('asks for everything that is asked for at a time', async () => {
    await gateway.run(
      actor('double', (_payload, { ask }) =>
        Promise.all([ask({ a: whichSize }), ask({ b: whichSize })]),
      ),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await asked()).toMatchObject({ requests: { a: whichSize, b: whichSize } });
  });

  it('is no failure to retry', async () => {
    let runs = 0;
    await gateway.run(
      actor(
        'double',
        async (_payload, { ask }) => {
          runs++;
          await ask({ size: whichSize });
        },
        { retries: 3, retryDelayMs: 0 },
      ),
    );
    await gateway.broker.publish(anEnvelope());
    await asked();
    await gateway.close();
    expect(runs).toBe(1);
  });

  it('is passed over by a handler that catches', async () => {
    await gateway.run(
      actor('double', async (_payload, { ask }) => {
        try {
          return await ask({ size: whichSize });
        } catch {
          return 'without';
        }
      }),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: 'without' });
  });

  it('asks for no more at a time than a job can wait for', async () => {
    const many = (count: number, from = 0) =>
      Array.from({ length: count }, (_, i): [string, typeof whichSize] => [
        `q${from + i}`,
        whichSize,
      ]);
    await gateway.run(
      actor('double', async (_payload, { ask }) => {
        const answers = await ask(Object.fromEntries(many(150)));
        return Object.keys(answers).length;
      }),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await asked()).toMatchObject({ requests: Object.fromEntries(many(100)) });
    const answers = Object.fromEntries(many(100).map(([key]) => [key, answer]));
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2', answers }));
    expect(await asked('job-2')).toMatchObject({ requests: Object.fromEntries(many(50, 100)) });
  });

  it('takes no key that cannot be one', async () => {
    await gateway.run(actor('double', (_payload, { ask }) => ask({ 'no spaces': whichSize })));
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({
      type: 'failed',
      error: expect.stringContaining('"no spaces" must be'),
    });
  });
});

describe('the keys of a job', () => {
  it('may be names that every object has', async () => {
    const keys = ['constructor', '__proto__'];
    const both = Object.fromEntries(keys.map((key) => [key, whichSize]));
    await gateway.run(
      actor('double', async (_payload, { ask }) => ({ entries: Object.entries(await ask(both)) })),
    );
    await gateway.broker.publish(anEnvelope());
    const event = await asked();
    expect(event.type === 'asked' && Object.keys(event.requests)).toEqual(keys);
    const answers = Object.fromEntries(keys.map((key) => [key, answer]));
    await gateway.broker.publish(anEnvelope({ answers }));
    expect(await gateway.final()).toEqual({
      type: 'succeeded',
      result: { entries: keys.map((key) => [key, answer]) },
    });
  });

  it('are told to later steps, which ask by others', async () => {
    const askSize = actor('one', async (_payload, { ask }) => {
      await ask({ size: whichSize });
      return 'on';
    });
    const askAgain = actor('two', async (_payload, { ask }) => {
      const { size } = await ask({ size: whichSize });
      return size.action;
    });
    await gateway.run(askSize, askAgain);
    const steps = ['one', 'two'];
    await gateway.broker.publish(anEnvelope({ steps, answers: { size: answer } }));
    const second = await asked();
    expect(second).toMatchObject({
      step: 'two',
      requests: { 'size@1': whichSize },
      metadata: { asked: ['size'] },
    });
    const answers = { 'size@1': { action: 'decline' } };
    const metadata = { job_id: 'job-1', asked: ['size'] };
    await gateway.broker.publish(anEnvelope({ steps, current: 1, answers, metadata }));
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: 'decline' });
  });
});
