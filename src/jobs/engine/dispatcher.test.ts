import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { MemoryJobStore } from '../../memory/job-store.ts';
import { holdTimers } from '../../../test/support/held-timers.ts';
import { aJob } from '../../../test/support/jobs.ts';
import { withOutages } from '../../../test/support/outage.ts';
import { StoreUnavailable } from '../ports/job-store.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Envelope } from '../envelope.ts';
import { JobEvents } from './job-events.ts';
import { BrokerUnavailable, type PublishOutcome, type Publisher } from '../ports/publisher.ts';

const log = pino({ level: 'silent' });

/** A publisher that does as the test says. */
class ScriptedPublisher implements Publisher {
  readonly published: string[] = [];
  fault: string | null = null;
  answer: (envelope: Envelope) => Promise<PublishOutcome> = async () => 'confirmed';

  publish(envelope: Envelope): Promise<PublishOutcome> {
    this.published.push(envelope.jobId);
    return this.answer(envelope);
  }

  unavailable(): string | null {
    return this.fault;
  }

  onAvailable(): void {}
}

function aDispatcher(unroutableGraceMs = 30_000) {
  const store = new MemoryJobStore();
  const publisher = new ScriptedPublisher();
  const time = { now: 1_000_000 };
  const clock = (): number => time.now;
  const events = new JobEvents({ store, clock, afterCommit: [] });
  const dispatcher = new Dispatcher({ store, events, publisher, clock, log, unroutableGraceMs });
  const create = async (): Promise<ReturnType<typeof aJob>> => {
    const job = aJob();
    await store.create([job], dispatcher.leaseFrom(time.now) ?? time.now);
    return job;
  };
  const endLease = (): void => {
    time.now = dispatcher.leaseFrom(time.now) ?? Number.NaN;
  };
  /** What another dispatcher would find an hour later. */
  const outbox = async (): Promise<string[]> =>
    (await store.claimOutbox(time.now + 3_600_000, 0, 100)).map(({ job }) => job.id);
  return { store, publisher, dispatcher, time, endLease, create, outbox };
}

describe('dispatch', () => {
  test('publishes at once, and takes the job out of the outbox after the confirm', async () => {
    const { publisher, dispatcher, create, outbox } = aDispatcher();
    const confirm = Promise.withResolvers<PublishOutcome>();
    publisher.answer = () => confirm.promise;
    const job = await create();
    dispatcher.dispatch(job);
    expect(publisher.published).toEqual([job.id]);
    expect(await outbox()).toEqual([job.id]);
    confirm.resolve('confirmed');
    await dispatcher.stop();
    expect(await outbox()).toEqual([]);
  });

  test('invariant 2: a job whose publishing failed stays in the outbox, and is published again', async () => {
    const { publisher, dispatcher, time, create, outbox } = aDispatcher();
    publisher.answer = async () => {
      throw new BrokerUnavailable('away');
    };
    const job = await create();
    dispatcher.dispatch(job);
    await dispatcher.stop();
    publisher.answer = async () => 'confirmed';
    time.now += 1_000;
    await dispatcher.relayOnce();
    expect(publisher.published).toEqual([job.id, job.id]);
    expect(await outbox()).toEqual([]);
  });

  test('a message that was confirmed while the store went away is marked at its return, not sent again', async () => {
    const { store: inner, publisher, time } = aDispatcher();
    const outage = withOutages(inner);
    const { store } = outage;
    const clock = () => time.now;
    const events = new JobEvents({ store, clock, afterCommit: [] });
    const dispatcher = new Dispatcher({
      store,
      events,
      publisher,
      clock,
      log,
      unroutableGraceMs: 0,
    });
    const job = aJob();
    await store.create([job], time.now + 9_000);
    outage.away = true;
    dispatcher.dispatch(job);
    await dispatcher.stop();
    time.now += 60_000;
    await expect(dispatcher.relayOnce()).rejects.toThrow(StoreUnavailable);
    outage.away = false;
    await dispatcher.relayOnce();
    expect(publisher.published).toEqual([job.id]);
    expect(await store.claimOutbox(time.now + 60_000, 0, 10)).toEqual([]);
  });

  test('invariant 9: what is too much at a time stays in the outbox, until there is room', async () => {
    const { publisher, dispatcher, time, create, outbox } = aDispatcher();
    using timers = holdTimers();
    await dispatcher.start();
    const confirm = Promise.withResolvers<PublishOutcome>();
    publisher.answer = () => confirm.promise;
    for (let i = 0; i < 2_000; i++) dispatcher.dispatch(await create());
    expect(dispatcher.leaseFrom(time.now)).toBeNull();
    for (let i = 0; i < 5; i++) {
      await create();
      dispatcher.leave();
    }
    expect(await dispatcher.relayOnce()).toBe(false);
    expect(publisher.published).toHaveLength(2_000);
    // The clock stands still: no lease runs out, and the outbox is not searched again for a second.
    confirm.resolve('confirmed');
    await timers.pass(999);
    expect(publisher.published).toHaveLength(2_005);
    await dispatcher.stop();
    expect(await outbox()).toEqual([]);
  });

  test('refuses before anything is stored while the broker is away', () => {
    const { publisher, dispatcher } = aDispatcher();
    publisher.fault = 'not connected';
    expect(() => dispatcher.assertAvailable()).toThrow(new BrokerUnavailable('not connected'));
  });
});

describe('the relay', () => {
  test('invariant 2: publishes what a dead process left, once its lease is over', async () => {
    const { publisher, dispatcher, endLease, create } = aDispatcher();
    const job = await create();
    await dispatcher.relayOnce();
    expect(publisher.published).toEqual([]);
    endLease();
    await dispatcher.relayOnce();
    expect(publisher.published).toEqual([job.id]);
  });

  test('leaves the outbox alone while the broker is away', async () => {
    const { publisher, dispatcher, endLease, create, outbox } = aDispatcher();
    const job = await create();
    endLease();
    publisher.fault = 'blocked';
    expect(await dispatcher.relayOnce()).toBe(false);
    expect(publisher.published).toEqual([]);
    expect(await outbox()).toEqual([job.id]);
  });

  test('says whether there is more', async () => {
    const { dispatcher, endLease, create } = aDispatcher();
    for (let i = 0; i < 201; i++) await create();
    endLease();
    expect(await dispatcher.relayOnce()).toBe(true);
    expect(await dispatcher.relayOnce()).toBe(false);
  });
});

describe('an unroutable message', () => {
  test('is tried again with growing pauses, then fails its job, naming the step', async () => {
    const { store, publisher, dispatcher, time, create } = aDispatcher(10_000);
    publisher.answer = async () => 'unroutable';
    const job = await create();
    const began = time.now;
    const tries: number[] = [];
    dispatcher.dispatch(job);
    await dispatcher.stop();
    while ((await store.get([job.id]))[0]?.status === 'Pending') {
      time.now += 100;
      const before = publisher.published.length;
      await dispatcher.relayOnce();
      if (publisher.published.length > before) tries.push(time.now - began);
    }
    expect(tries).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect(await store.get([job.id])).toMatchObject([
      { status: 'Failed', reason: 'Unroutable', error: 'no queue is bound for step "download"' },
    ]);
  });

  test('reaches a queue that appears in time', async () => {
    const { store, publisher, dispatcher, time, create, outbox } = aDispatcher();
    publisher.answer = async () => 'unroutable';
    const job = await create();
    dispatcher.dispatch(job);
    await dispatcher.stop();
    publisher.answer = async () => 'confirmed';
    time.now += 500;
    await dispatcher.relayOnce();
    expect(await store.get([job.id])).toMatchObject([{ status: 'Pending' }]);
    expect(await outbox()).toEqual([]);
  });
});

test('a message the broker refuses for good fails its job', async () => {
  const { store, publisher, dispatcher, create } = aDispatcher();
  publisher.answer = async () => 'refused';
  const job = await create();
  dispatcher.dispatch(job);
  await dispatcher.stop();
  expect(await store.get([job.id])).toMatchObject([{ status: 'Failed', reason: 'PublishFailed' }]);
});
