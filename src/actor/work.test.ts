import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorGateway, anEnvelope, isReceived, log } from '../../test/support/actor-gateway.ts';
import { Refused } from './actor-broker.ts';
import { actor } from './actor.ts';
import { runActors } from './run-actors.ts';

let gateway: ActorGateway;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(() => gateway.close());

const retrying = { retries: 2, retryDelayMs: 1 };

describe('retries', () => {
  it('call a handler that threw again, on the same message', async () => {
    let calls = 0;
    const shaky = actor(
      'double',
      (_payload, { redelivered }) => {
        if (++calls < 3) throw new Error(`failure ${calls}`);
        return { calls, redelivered };
      },
      retrying,
    );
    await gateway.run(shaky);
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toEqual({
      type: 'succeeded',
      result: { calls: 3, redelivered: false },
    });
  });

  it('end with the last error', async () => {
    let calls = 0;
    await gateway.run(
      actor('double', () => Promise.reject(new Error(`failure ${++calls}`)), retrying),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({ type: 'failed', error: 'failure 3' });
  });

  it('are left out without the option', async () => {
    let calls = 0;
    await gateway.run(actor('double', () => Promise.reject(new Error(`failure ${++calls}`))));
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({ type: 'failed', error: 'failure 1' });
  });

  it('end with whatever was thrown, also what has no text', async () => {
    await gateway.run(actor('double', () => Promise.reject(Object.create(null))));
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toMatchObject({
      type: 'failed',
      error: '[Object: null prototype] {}',
    });
  });

  it('show signs of life during their pauses', async () => {
    const { promise: beaten, resolve: beat } = Promise.withResolvers<void>();
    const options = { retries: 1, retryDelayMs: 60_000, heartbeatMs: 1 };
    await gateway.run(actor('double', () => Promise.reject(new Error('no luck')), options));
    await gateway.broker.publish(anEnvelope());
    void gateway.reported(({ type }) => type === 'heartbeat').then(() => beat());
    await beaten;
    gateway.broker.calledOff({ jobId: 'job-1', reason: 'CancelledByClient' });
    await gateway.close();
    expect(gateway.outcomes).toEqual({});
  });

  it('give their message back when the actor stops', async () => {
    const failed = Promise.withResolvers<void>();
    const first = await gateway.run(
      actor(
        'double',
        () => {
          failed.resolve();
          throw new Error('no luck');
        },
        { retries: 1, retryDelayMs: 60_000 },
      ),
    );
    await gateway.broker.publish(anEnvelope());
    await failed.promise;
    await first.close();
    await gateway.run(actor('double', (_payload, { redelivered }) => ({ redelivered })));
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: { redelivered: true } });
  });
});

describe('a job that is called off', () => {
  const calledOff = { jobId: 'job-1', reason: 'CancelledByClient' };

  it('has its handler stopped, and no outcome', async () => {
    const stopped = Promise.withResolvers<unknown>();
    await gateway.run(
      actor('double', async (_payload, { signal }) => {
        signal.addEventListener('abort', () => stopped.resolve(signal.reason));
        await pause(60_000, null, { signal });
      }),
    );
    await gateway.broker.publish(anEnvelope());
    await gateway.reported(isReceived);
    gateway.broker.calledOff(calledOff);
    expect(await stopped.promise).toMatchObject({
      name: 'AbortError',
      message: 'the job is over: CancelledByClient',
    });
    await gateway.broker.publish(
      anEnvelope({ jobId: 'job-2', steps: ['none', 'double'], current: 1 }),
    );
    await gateway.reported((event, jobId) => isReceived(event) && jobId === 'job-2');
    expect(gateway.outcomes).toEqual({});
  });

  it('has the result of a handler that went on dropped', async () => {
    const gate = Promise.withResolvers<void>();
    await gateway.run(
      actor('double', async ({ n }: { n: number }) => {
        if (n === 21) await gate.promise;
        return n;
      }),
    );
    await gateway.broker.publish(anEnvelope());
    await gateway.reported(isReceived);
    gateway.broker.calledOff(calledOff);
    gate.resolve();
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2', payload: { n: 1 } }));
    expect(await gateway.final('job-2')).toEqual({ type: 'succeeded', result: 1 });
    expect(Object.keys(gateway.outcomes)).toEqual(['job-2']);
  });

  it('has its generator stopped between two values', async () => {
    const ended = Promise.withResolvers<void>();
    await gateway.run(
      actor('double', async function* () {
        try {
          yield 1;
          gateway.broker.calledOff(calledOff);
          for (;;) yield 2;
        } finally {
          ended.resolve();
        }
      }),
    );
    await gateway.broker.publish(anEnvelope());
    await ended.promise;
    await gateway.close();
    expect(gateway.outcomes).toEqual({});
  });

  it('is not begun when its message comes later, or again', async () => {
    const seen: unknown[] = [];
    await gateway.run(actor('double', (payload) => (seen.push(payload), payload)));
    gateway.broker.calledOff(calledOff);
    await gateway.broker.publish(anEnvelope());
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2', payload: 'other' }));
    await gateway.final('job-2');
    expect(seen).toEqual(['other']);
    expect(gateway.reports.map(({ jobId }) => jobId)).not.toContain('job-1');
  });
});

describe('progress', () => {
  it('takes a percentage, a message, or both, and beats repeat them', async () => {
    const beaten = gateway.reported(
      (event) => event.type === 'heartbeat' && event.percent === 100 && event.message === 'b',
    );
    await gateway.run(
      actor(
        'double',
        async (_payload, { progress }) => {
          await progress(40);
          await progress(60, 'a');
          await progress(400, 'b');
          await beaten;
          await progress('c');
        },
        { heartbeatMs: 1 },
      ),
    );
    await gateway.broker.publish(anEnvelope());
    await gateway.final();
    const told = gateway.events.flatMap((event) =>
      event.type === 'progress' && event.stepStatus === 'processing'
        ? [[event.percent, event.message]]
        : [],
    );
    expect(told).toEqual([
      [40, null],
      [60, 'a'],
      [100, 'b'],
      [100, 'c'],
    ]);
  });

  it('is the pick-up until the handler tells more', async () => {
    const beaten = gateway.reported(({ type }) => type === 'heartbeat');
    await gateway.run(actor('double', () => beaten.then(() => null), { heartbeatMs: 1 }));
    await gateway.broker.publish(anEnvelope());
    expect(await beaten).toMatchObject({ stepStatus: 'received' });
  });
});

describe('what a broker refuses', () => {
  /** Stands for a broker with a largest message, which the one in this process does not have. */
  const refusing = (what: 'forward' | 'both') => {
    const connection = gateway.broker.connect();
    const refuse = () => Promise.reject(new Refused('too large'));
    return Object.assign(connection, { forward: refuse }, what === 'both' && { report: refuse });
  };

  it('fails the job', async () => {
    const broker = refusing('forward');
    await runActors([actor('double', () => 'x')], broker, { log });
    await gateway.broker.publish(anEnvelope({ steps: ['double', 'print'] }));
    expect(await gateway.final()).toMatchObject({ type: 'failed', error: 'too large' });
  });

  it('goes to the dead letters where not even the failure can be told', async () => {
    let calls = 0;
    const done = Promise.withResolvers<void>();
    const broker = refusing('both');
    const handler = actor('double', () => (++calls === 2 ? done.resolve() : 'x'));
    await runActors([handler], broker, { log });
    await gateway.broker.publish(anEnvelope());
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2' }));
    await done.promise;
    await gateway.close();
    expect(gateway.broker.deadLetters()).toMatchObject([
      { queue: 'double', reason: 'too large', body: expect.stringContaining('"job-1"') },
      { queue: 'double', body: expect.stringContaining('"job-2"') },
    ]);
    expect(calls).toBe(2);
  });
});
