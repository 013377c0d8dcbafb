import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActorGateway, anEnvelope, isReceived, log } from '../../test/support/actor-gateway.ts';
import type { Report } from '../wire/report.ts';
import { Refused, type Delivery } from './actor-broker.ts';
import { actor } from './actor.ts';
import { runActors } from './run-actors.ts';

let gateway: ActorGateway;

beforeEach(() => {
  gateway = new ActorGateway();
});

afterEach(() => gateway.close());

/** The messages of a step that nobody could do anything with. */
function lettersOf(step: string): { jobId: unknown; reason: string }[] {
  return gateway.broker
    .deadLetters()
    .filter(({ queue }) => queue === step)
    .map(({ body, reason }) => ({ jobId: Object(JSON.parse(String(body))).job_id, reason }));
}

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
    const started = Promise.withResolvers<void>();
    await gateway.run(
      actor('double', async (_payload, { signal }) => {
        signal.addEventListener('abort', () => stopped.resolve(signal.reason));
        started.resolve();
        await pause(60_000, null, { signal });
      }),
    );
    await gateway.broker.publish(anEnvelope());
    await started.promise;
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

describe('a message that was delivered before', () => {
  /** A connection whose messages were all delivered before, to a gateway that says this of their jobs. */
  const redelivering = (says: (report: Report) => boolean) => {
    const connection = gateway.broker.connect();
    const consume = connection.consume.bind(connection);
    const asked: string[] = [];
    const broker = Object.assign(connection, {
      consume: (step: string, concurrency: number, handle: (delivery: Delivery) => Promise<void>) =>
        consume(step, concurrency, (delivery) => handle({ ...delivery, redelivered: true })),
      inquire: async (replyTo: string, report: Report) => {
        asked.push(report.type);
        await connection.report(replyTo, report);
        return says(report);
      },
    });
    return { broker, asked };
  };

  it('is not worked on if its job is over', async () => {
    const payloads: unknown[] = [];
    const handler = actor('double', (payload) => (payloads.push(payload), payload));
    const { broker, asked } = redelivering(({ job_id: id }) => id !== 'job-1');
    await runActors([handler], broker, { log });
    await gateway.broker.publish(anEnvelope());
    await gateway.broker.publish(anEnvelope({ jobId: 'job-2', payload: 'other' }));
    expect(await gateway.final('job-2')).toEqual({ type: 'succeeded', result: 'other' });
    await broker.close();
    expect(payloads).toEqual(['other']);
    expect(asked).toEqual(['progress', 'progress']);
    expect(gateway.outcomes).not.toHaveProperty('job-1');
  });

  it('is worked on no longer than until its job is over', async () => {
    const stopped = Promise.withResolvers<unknown>();
    const handler = actor(
      'double',
      async (_payload, { signal }) => {
        signal.addEventListener('abort', () => stopped.resolve(signal.reason));
        await pause(60_000, null, { signal });
      },
      { heartbeatMs: 1 },
    );
    const { broker } = redelivering(({ type }) => type !== 'heartbeat');
    await runActors([handler], broker, { log });
    await gateway.broker.publish(anEnvelope());
    expect(await stopped.promise).toMatchObject({ name: 'AbortError' });
    await broker.close();
    expect(gateway.outcomes).toEqual({});
  });

  it('goes back if the actor has to stop while it asks', async () => {
    const answer = Promise.withResolvers<boolean>();
    const asking = Promise.withResolvers<void>();
    const payloads: unknown[] = [];
    const { broker } = redelivering(() => true);
    broker.inquire = () => (asking.resolve(), answer.promise);
    const handler = actor('double', (payload) => void payloads.push(payload));
    const first = await runActors([handler], broker, { log });
    await gateway.broker.publish(anEnvelope());
    await asking.promise;
    const closed = first.close();
    setTimeout(() => answer.resolve(true), 20);
    await closed;
    expect(payloads).toEqual([]);
    await gateway.run(actor('double', () => 'done'));
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: 'done' });
  });
});

describe('progress', () => {
  it('takes what is no text as JavaScript shows it', async () => {
    await gateway.run(
      actor('double', async (_payload, { progress }) => {
        await progress({ pages: 3 } as unknown as string);
        await progress(10, Symbol('s') as unknown as string);
      }),
    );
    await gateway.broker.publish(anEnvelope());
    expect(await gateway.final()).toEqual({ type: 'succeeded', result: null });
    const told = gateway.events.flatMap((event) =>
      event.type === 'progress' && event.stepStatus === 'processing' ? [event.message] : [],
    );
    expect(told).toEqual(['{ pages: 3 }', 'Symbol(s)']);
  });

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

describe('a job of which nobody hears', () => {
  it('has its message kept as a dead letter, where there are no end queues either', async () => {
    let runs = 0;
    const done = Promise.withResolvers<void>();
    await gateway.run(
      actor('double', ({ n }: { n: number }) => (n === 2 ? done.resolve() : ++runs)),
    );
    const { broker } = gateway;
    await broker.connect().forward(anEnvelope(), null);
    await broker.publish(anEnvelope({ jobId: 'job-2', payload: { n: 2 } }));
    await done.promise;
    await gateway.close();
    expect(lettersOf('double')).toEqual([
      { jobId: 'job-1', reason: expect.stringContaining('no queue takes') },
    ]);
    expect(runs).toBe(1);
  });

  it('fails without its payload in the error queue if that would be too large', async () => {
    const connection = gateway.broker.connect();
    const forward = connection.forward.bind(connection);
    connection.forward = async (envelope, replyTo) => {
      if (JSON.stringify(envelope).includes('original_payload')) throw new Refused('too large');
      await forward(envelope, replyTo);
    };
    await runActors([actor('double', () => Promise.reject(new Error('no luck')))], connection, {
      log,
    });
    const ended = gateway.nextMessage('error-end');
    await forward(anEnvelope(), null);
    expect(await ended).toMatchObject({ jobId: 'job-1', payload: { error: 'no luck' } });
    await connection.close();
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
    expect(lettersOf('double')).toEqual([
      { jobId: 'job-1', reason: 'too large' },
      { jobId: 'job-2', reason: 'too large' },
    ]);
    expect(calls).toBe(2);
  });
});
