import { setImmediate as nextTurn, setTimeout as timerFires } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { brokerContract } from '../../test/broker-contract.ts';
import { anIntake } from '../../test/support/intake.ts';
import { patienceMs } from '../../test/support/patience.ts';
import { Unroutable, type ActorBroker, type Delivery } from '../actor/actor-broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import { StoreUnavailable, type ApplyOutcome } from '../jobs/ports/job-store.ts';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import type { Report } from '../wire/report.ts';
import { MemoryBroker, type MemoryBrokerOptions } from './broker.ts';

const log = pino({ level: 'silent' });
const unknown: ApplyOutcome = { kind: 'unknown' };
const connections: ActorBroker[] = [];

function newBroker(options: Partial<MemoryBrokerOptions> = {}): MemoryBroker {
  return new MemoryBroker({
    intake: anIntake({ take: async () => unknown }),
    log,
    redeliverMs: 1,
    ...options,
  });
}

function connect(broker: MemoryBroker): ActorBroker {
  const connection = broker.connect();
  connections.push(connection);
  return connection;
}

function envelope(given: Partial<Envelope> = {}): Envelope {
  return {
    jobId: 'job-1',
    parentId: null,
    steps: ['resize', 'store'],
    current: 0,
    metadata: { job_id: 'job-1' },
    headers: { traceparent: '00-1' },
    payload: { width: 10 },
    deadline: null,
    answers: {},
    ...given,
  };
}

function progress(stepIndex: number): Report {
  return {
    type: 'progress',
    job_id: 'job-1',
    step: 'resize',
    step_index: stepIndex,
    total_steps: 10,
    status: 'received',
  };
}

/** Consumes one message and leaves the queue to others. */
async function takeOne(broker: MemoryBroker, step: string): Promise<Delivery> {
  const connection = broker.connect();
  const { promise, resolve } = Promise.withResolvers<Delivery>();
  await connection.consume(step, 1, async (delivery) => resolve(delivery));
  const delivery = await promise;
  await connection.close();
  return delivery;
}

afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
});

describe('publishing', () => {
  it('brings an envelope to the queue of its step as RabbitMQ would', async () => {
    const broker = newBroker();
    const delivered = takeOne(broker, 'store');
    expect(await broker.publish(envelope({ current: 1, deadline: 4_102_444_800_001 }))).toBe(
      'confirmed',
    );
    expect(await delivered).toEqual({
      // To the second, and up.
      envelope: envelope({ current: 1, deadline: 4_102_444_801_000 }),
      replyTo: 'asya.reports',
      redelivered: false,
    });
  });

  it('is unroutable without a queue, and tries asya-{step} first', async () => {
    const broker = newBroker();
    expect(await broker.publish(envelope())).toBe('unroutable');
    const delivered = takeOne(broker, 'asya-resize');
    expect(await broker.publish(envelope())).toBe('confirmed');
    expect((await delivered).envelope.jobId).toBe('job-1');
  });

  it('refuses an envelope that is past the end of its route', async () => {
    expect(await newBroker().publish(envelope({ current: 2 }))).toBe('refused');
  });

  it('throws BrokerUnavailable at a full queue, and says when there is room again', async () => {
    const broker = newBroker({ maxQueuedMessages: 2 });
    const hasRoom = new Promise<void>((resolve) => broker.onAvailable(resolve));
    const gate = Promise.withResolvers<void>();
    await connect(broker).consume('resize', 1, () => gate.promise);
    await broker.publish(envelope());
    await broker.publish(envelope());
    await expect(broker.publish(envelope())).rejects.toThrow(BrokerUnavailable);
    gate.resolve();
    await hasRoom;
    expect(await broker.publish(envelope())).toBe('confirmed');
  });

  it('bounds the bytes in a queue, too', async () => {
    const payload = 'x'.repeat(1_000);
    const broker = newBroker({ maxQueuedBytes: 2_500 });
    const hasRoom = new Promise<void>((resolve) => broker.onAvailable(resolve));
    const gate = Promise.withResolvers<void>();
    await connect(broker).consume('resize', 1, () => gate.promise);
    await broker.publish(envelope({ payload }));
    await broker.publish(envelope({ payload: '' }));
    await expect(broker.publish(envelope({ payload }))).rejects.toThrow(BrokerUnavailable);
    gate.resolve();
    await hasRoom;
    expect(await broker.publish(envelope({ payload }))).toBe('confirmed');
  });

  it('drops a message whose deadline passed while it waited', async () => {
    let now = 1_000;
    const broker = newBroker({ clock: () => now });
    const gate = Promise.withResolvers<void>();
    const taken: string[] = [];
    const last = Promise.withResolvers<void>();
    const slow = connect(broker);
    await slow.consume('slow', 1, async ({ envelope: { jobId } }) => {
      taken.push(jobId);
      await gate.promise;
      if (jobId === 'last') last.resolve();
    });
    const steps = ['slow'];
    await broker.publish(envelope({ jobId: 'first', steps }));
    await broker.publish(envelope({ jobId: 'late', steps, deadline: 2_000 }));
    await broker.publish(envelope({ jobId: 'last', steps, deadline: 2_001 }));
    now = 2_000;
    gate.resolve();
    await last.promise;
    expect(taken).toEqual(['first', 'last']);
  });
});

describe('consuming', () => {
  it('has no more handlers at work than asked for, and keeps the order', async () => {
    const broker = newBroker();
    let atWork = 0;
    let most = 0;
    const started: string[] = [];
    const done = Promise.withResolvers<void>();
    await connect(broker).consume('resize', 2, async ({ envelope: { jobId } }) => {
      started.push(jobId);
      most = Math.max(most, ++atWork);
      await nextTurn();
      atWork--;
      if (jobId === 'j9') done.resolve();
    });
    const ids = Array.from({ length: 10 }, (_, i) => `j${i}`);
    for (const jobId of ids) await broker.publish(envelope({ jobId }));
    await done.promise;
    expect(most).toBe(2);
    expect(started).toEqual(ids);
  });

  it('delivers a message again after its handler rejected', async () => {
    const broker = newBroker();
    const redelivered: boolean[] = [];
    const done = Promise.withResolvers<void>();
    await connect(broker).consume('resize', 1, async (delivery) => {
      redelivered.push(delivery.redelivered);
      if (redelivered.length < 3) throw new Error('try me again');
      done.resolve();
    });
    await broker.publish(envelope());
    await done.promise;
    expect(redelivered).toEqual([false, true, true]);
  });

  it('keeps what cannot be read as a dead letter', async () => {
    const broker = newBroker();
    const next = Promise.withResolvers<string>();
    await connect(broker).consume('resize', 1, async (delivery) =>
      next.resolve(delivery.envelope.jobId),
    );
    await broker.publish(envelope({ jobId: 'no such id!' }));
    await broker.publish(envelope());
    expect(await next.promise).toBe('job-1');
    expect(broker.deadLetters()).toMatchObject([
      { queue: 'resize', reason: expect.stringContaining('job_id') },
    ]);
  });

  it('waits for handlers at work when it closes, and leaves the rest to others', async () => {
    const broker = newBroker();
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const finished: string[] = [];
    const connection = connect(broker);
    await connection.consume('resize', 1, async ({ envelope: { jobId } }) => {
      started.resolve();
      await gate.promise;
      finished.push(jobId);
    });
    await broker.publish(envelope({ jobId: 'at-work' }));
    await broker.publish(envelope({ jobId: 'waiting' }));
    await started.promise;
    const closed = connection.close().then(() => finished.push('closed'));
    gate.resolve();
    await closed;
    await connection.close();
    expect(finished).toEqual(['at-work', 'closed']);
    expect((await takeOne(broker, 'resize')).envelope.jobId).toBe('waiting');
    await expect(connection.consume('resize', 1, async () => {})).rejects.toThrow(
      BrokerUnavailable,
    );
  });

  it('does not starve timers and sockets while quick handlers feed each other', async () => {
    const broker = newBroker();
    const connection = connect(broker);
    let hops = 0;
    await connection.consume('loop', 1, async (delivery) => {
      hops++;
      await connection.forward(delivery.envelope, delivery.replyTo);
    });
    await broker.publish(envelope({ steps: ['loop'] }));
    // Would never fire if deliveries were microtasks.
    await timerFires(5);
    await expect.poll(() => hops).toBeGreaterThan(1);
  });
});

describe('forwarding', () => {
  it('goes to the current step, and hands on who wants reports', async () => {
    const broker = newBroker();
    const delivered = takeOne(broker, 'store');
    await connect(broker).forward(envelope({ current: 1 }), null);
    expect(await delivered).toMatchObject({ replyTo: null, envelope: { current: 1 } });
  });

  it('throws Unroutable without a queue', async () => {
    await expect(connect(newBroker()).forward(envelope(), null)).rejects.toThrow(Unroutable);
  });
});

describe('dead letters (invariant 9)', () => {
  it('are bounded by their bytes: the newest are kept', async () => {
    const broker = newBroker();
    const letters = Array.from({ length: 5 }, (_, i) => Buffer.alloc(20 * 1_048_576, `${i}`));
    for (const letter of letters) await broker.takeReport(letter);
    expect(broker.deadLetters().map(({ body }) => body[0])).toEqual([0x32, 0x33, 0x34]);
  });
});

describe('a report', () => {
  it('lets go of the actor that closes during an outage', async () => {
    const tried = Promise.withResolvers<void>();
    const intake = anIntake({
      retrying: { firstMs: 60_000, capMs: 60_000 },
      take: () => {
        tried.resolve();
        return Promise.reject(new StoreUnavailable('away'));
      },
    });
    const connection = connect(newBroker({ intake }));
    const reported = connection.report('asya.reports', progress(0));
    await tried.promise;
    await connection.close();
    await expect(reported).rejects.toThrow(BrokerUnavailable);
  });

  it('of another job does not wait for one that is stuck', async () => {
    const gate = Promise.withResolvers<void>();
    const applied: string[] = [];
    const intake = anIntake({
      take: async ({ jobId }) => {
        if (jobId === 'job-1') await gate.promise;
        applied.push(jobId);
        return unknown;
      },
    });
    const connection = connect(newBroker({ intake }));
    const stuck = connection.report('asya.reports', progress(0));
    await connection.report('asya.reports', { ...progress(0), job_id: 'job-2' });
    gate.resolve();
    await stuck;
    expect(applied).toEqual(['job-2', 'job-1']);
  });
});

brokerContract('the broker in this process', async (parts) => {
  const broker = new MemoryBroker({ ...parts, log });
  let steps = 0;
  return {
    broker,
    step: () => `step-${steps++}`,
    send: (body) => broker.takeReport(body),
    letter: () =>
      vi.waitFor(
        () => {
          const [letter] = broker.deadLetters();
          if (letter === undefined) throw new Error('no dead letter yet');
          return letter;
        },
        { timeout: patienceMs },
      ),
    isLeft: (sending) =>
      sending.then(
        () => false,
        (error) => error instanceof BrokerUnavailable,
      ),
    close: async () => {},
  };
});
