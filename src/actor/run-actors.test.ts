import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorGateway, anEnvelope, isReceived, log } from '../../test/support/actor-gateway.ts';
import { holdTimers } from '../../test/support/held-timers.ts';
import { actor } from './actor.ts';
import { runActors } from './run-actors.ts';

let gateway: ActorGateway;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(() => gateway.close());

const double = actor('double', ({ n }: { n: number }) => ({ n: n * 2 }));

/** Works until it is told to stop. */
const endless = actor('double', (_payload, { signal }) => pause(60_000, null, { signal }));

describe('a route', () => {
  it('hands each result on, reports every step, and ends with the last result', async () => {
    await gateway.run(
      double,
      actor('print', async ({ n }: { n: number }) => `it is ${n}`),
    );
    await gateway.broker.publish(anEnvelope({ steps: ['double', 'print'] }));
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: 'it is 42' });
    const told = gateway.events.map((event) =>
      event.type === 'progress'
        ? [event.step, event.stepIndex, event.totalSteps, event.stepStatus]
        : event.type,
    );
    expect(told).toEqual([
      ['double', 0, 2, 'received'],
      ['double', 0, 2, 'completed'],
      ['print', 1, 2, 'received'],
      'succeeded',
    ]);
  });

  it('fails its job where a step has no queue', async () => {
    await gateway.run(double);
    await gateway.broker.publish(anEnvelope({ steps: ['double', 'nowhere'] }));
    expect(await gateway.final()).toMatchObject({
      type: 'failed',
      error: 'no queue takes messages for step "nowhere"',
    });
  });

  it('does a step again where the next queue did not take its result', async () => {
    gateway = new ActorGateway({ maxQueuedMessages: 1 });
    const taken = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    await gateway.run(
      actor('double', ({ n }: { n: number }) => {
        if (++runs === 2) gate.resolve();
        return n * 2;
      }),
      actor('print', async (payload) => {
        taken.resolve();
        await gate.promise;
        return payload;
      }),
    );
    const cleared = gateway.nextMessage('happy-end');
    await gateway.broker
      .connect()
      .forward(anEnvelope({ jobId: 'in-the-way', steps: ['print'] }), null);
    await taken.promise;
    await gateway.broker.publish(anEnvelope({ steps: ['double', 'print'] }));
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: 42 });
    expect((await cleared).jobId).toBe('in-the-way');
    expect(runs).toBeGreaterThan(1);
  });

  it('ends in happy-end where nobody asked for reports', async () => {
    await gateway.run(double);
    const ended = gateway.nextMessage('happy-end');
    await gateway.broker.connect().forward(anEnvelope(), null);
    expect(await ended).toMatchObject({ jobId: 'job-1', payload: { n: 42 } });
    expect(gateway.events).toEqual([]);
  });
});

describe('a handler', () => {
  it('knows its job, and tells what it is doing', async () => {
    await gateway.run(
      actor('double', async (_payload, { jobId, step, headers, deadline, signal, progress }) => {
        await progress('half way there');
        return { jobId, step, headers, deadline, aborted: signal.aborted };
      }),
    );
    await gateway.broker.publish(anEnvelope({ deadline: 4_102_444_800_000 }));
    expect(await gateway.final()).toMatchObject({
      result: {
        jobId: 'job-1',
        step: 'double',
        headers: { traceparent: '00-1' },
        deadline: 4_102_444_800_000,
        aborted: false,
      },
    });
    expect(gateway.events).toContainEqual(
      expect.objectContaining({ stepStatus: 'processing', message: 'half way there' }),
    );
  });

  it('shows signs of life that keep its last message', async () => {
    const beaten = gateway.reported(
      (event) => event.type === 'heartbeat' && event.message === 'still reading',
    );
    await gateway.run(
      actor(
        'double',
        async (_payload, { progress }) => {
          await progress('still reading');
          await beaten;
        },
        { heartbeatMs: 1 },
      ),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: null });
  });

  it('shows no signs of life with an infinite time between them', async () => {
    await gateway.run(actor('double', () => pause(50).then(() => null), { heartbeatMs: Infinity }));
    await gateway.broker.publish(anEnvelope());
    await gateway.final();
    expect(gateway.events.map(({ type }) => type)).not.toContain('heartbeat');
  });

  it.each([
    {
      what: 'an Error',
      thrown: new RangeError('too large'),
      error: 'too large',
      details: { type: 'RangeError', traceback: expect.stringContaining('run-actors.test') },
    },
    {
      what: 'an Error without a text',
      thrown: new TypeError(),
      error: 'TypeError',
      details: { type: 'TypeError' },
    },
    {
      what: 'something else',
      thrown: 'no luck',
      error: 'no luck',
      details: { type: 'string', traceback: '' },
    },
  ])('that throws $what fails its job', async ({ thrown, error, details }) => {
    await gateway.run(actor('double', () => Promise.reject(thrown)));
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({
      type: 'failed',
      reason: 'ActorError',
      error,
      details: { message: error, ...details },
    });
  });

  const deep = JSON.parse('['.repeat(61) + ']'.repeat(61)) as unknown;
  it.each([
    { what: 'no JSON can express', result: { n: 1n }, reason: 'BigInt' },
    { what: 'is no value', result: () => 1, reason: '[Function' },
    { what: 'nests too deeply', result: deep, reason: '60 levels' },
  ])('that returns what $what fails its job', async ({ result, reason }) => {
    await gateway.run(actor('double', () => [result]));
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({
      type: 'failed',
      error: expect.stringContaining(reason),
    });
  });

  it('that throws where nobody asked for reports ends in error-end', async () => {
    await gateway.run(
      actor('double', () => {
        throw new Error('no luck');
      }),
    );
    const ended = gateway.nextMessage('error-end');
    await gateway.broker.connect().forward(anEnvelope(), null);
    expect(await ended).toMatchObject({
      jobId: 'job-1',
      payload: {
        error: 'no luck',
        details: { message: 'no luck', type: 'Error' },
        original_payload: { n: 21 },
      },
    });
  });
});

describe('a deadline', () => {
  it('stops the handler, and leaves the verdict to the gateway', async () => {
    const timeLeft = 60_000;
    let reason: unknown;
    const started = Promise.withResolvers<void>();
    await gateway.run(
      actor('double', async (payload: { endless?: boolean }, { signal }) => {
        if (payload.endless !== true) return;
        const stopped = once(signal, 'abort');
        started.resolve();
        await stopped;
        reason = signal.reason;
        throw reason;
      }),
    );
    using timers = holdTimers();
    await gateway.broker.publish(
      anEnvelope({ payload: { endless: true }, deadline: Date.now() + timeLeft }),
    );
    // Its turn comes when the first one's is over.
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2' }));
    await started.promise;
    // Deadlines travel in seconds, rounded up.
    await timers.pass(timeLeft + 1_000);
    expect(await gateway.final('job-2')).toEqual({ type: 'succeeded', result: null });
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(gateway.events.map(({ type }) => type)).not.toContain('failed');
  });
});

describe('closing', () => {
  it('gives the work of a handler that stops to the next actor', async () => {
    const atWork = gateway.reported(isReceived);
    const first = await gateway.run(endless);
    await gateway.broker.publish(anEnvelope());
    await atWork;
    await first.close();
    await gateway.run(double);
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: { n: 42 } });
  });

  it('lets a handler that goes on finish', async () => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<string>();
    const actors = await gateway.run(
      actor('double', () => {
        started.resolve();
        return gate.promise;
      }),
    );
    await gateway.broker.publish(anEnvelope());
    await started.promise;
    const closed = actors.close();
    gate.resolve('done in time');
    await closed;
    expect(gateway.events.at(-1)).toEqual({ type: 'succeeded', result: 'done in time' });
  });

  it('never asks handlers to stop with an infinite time to drain', async () => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const patient = actor('double', async (_payload, { signal }) => {
      started.resolve();
      await gate.promise;
      return signal.aborted;
    });
    const options = { log, drainMs: Infinity };
    const actors = await runActors([patient], gateway.broker.connect(), options);
    await gateway.broker.publish(anEnvelope());
    await started.promise;
    const closed = actors.close();
    setTimeout(gate.resolve, 20);
    await closed;
    expect(gateway.events.at(-1)).toEqual({ type: 'succeeded', result: false });
  });

  it('asks handlers to stop only after the time to drain', async () => {
    const atWork = Promise.withResolvers<AbortSignal>();
    const patient = actor('double', async (_payload, { signal }) => {
      const stopped = once(signal, 'abort');
      atWork.resolve(signal);
      await stopped;
      throw signal.reason;
    });
    const first = await runActors([patient], gateway.broker.connect(), { log, drainMs: 15_000 });
    await gateway.broker.publish(anEnvelope());
    const signal = await atWork.promise;
    {
      using timers = holdTimers();
      const closed = Promise.all([first.close(), first.close()]);
      await timers.pass(14_999);
      expect(signal.aborted).toBe(false);
      await timers.pass(1);
      expect(signal.reason).toMatchObject({ name: 'AbortError' });
      await closed;
    }
    await gateway.run(double);
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: { n: 42 } });
  });
});
