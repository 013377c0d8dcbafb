import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import { Refused, Unroutable, type ActorBroker, type Delivery } from '../../actor/actor-broker.ts';
import type { Envelope } from '../../jobs/envelope.ts';
import { encodeEnvelope } from '../../wire/envelope-codec.ts';
import type { CalledOffJob } from '../../jobs/ports/broker.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { connectActorBroker } from './actor-broker.ts';
import { RabbitAnnouncer } from '../publishing/announcer.ts';
import { RabbitConnection } from '../connection/connection.ts';

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let broker: ActorBroker;
let step: string;

const connect = (unroutableGraceMs = 0) =>
  connectActorBroker({
    url: proxy.url,
    exchange: sandbox.exchange,
    log: memoryLog().log,
    unroutableGraceMs,
  });

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  await sandbox.declareExchange();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  step = sandbox.name('step');
  broker = await connect();
});

afterEach(async () => {
  await broker.close();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const envelopeFor = (name: string): Envelope => ({
  jobId: 'J1',
  parentId: null,
  steps: [name],
  current: 0,
  metadata: { job_id: 'J1' },
  headers: { traceparent: '00-1' },
  payload: { n: 1 },
  deadline: null,
  answers: {},
});

/** Consumes a step and hands out its deliveries one by one. */
async function deliveries(of: string, concurrency = 1): Promise<AsyncGenerator<Delivery>> {
  const waiting: Delivery[] = [];
  let wake = () => {};
  await broker.consume(of, concurrency, async (delivery) => {
    waiting.push(delivery);
    wake();
  });
  return (async function* () {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  })();
}

describe('consume', () => {
  it('declares the queue of a step and binds it', async () => {
    const incoming = await deliveries(step);
    await broker.forward(envelopeFor(step), 'some.reports');
    expect((await incoming.next()).value).toEqual({
      envelope: envelopeFor(step),
      replyTo: 'some.reports',
      redelivered: false,
    });
  });

  it('takes an existing queue as it is, whatever its arguments, and binds it', async () => {
    await sandbox.queue('step', [], { 'x-max-length': 10 });
    const incoming = await deliveries(step);
    await broker.forward(envelopeFor(step), null);
    expect((await incoming.next()).value).toMatchObject({ replyTo: null });
  });

  it('takes asya-{step} if only that exists', async () => {
    const prefixed = `asya-${step}`;
    await sandbox.channel.queueDeclare({ queue: prefixed, durable: true });
    try {
      const incoming = await deliveries(step);
      await sandbox.send(prefixed, encodeEnvelope(envelopeFor(step)));
      expect((await incoming.next()).value).toMatchObject({ envelope: { jobId: 'J1' } });
      await expect(sandbox.count(step)).rejects.toThrow('NOT_FOUND');
    } finally {
      await broker.close();
      // The failed question closed the sandbox's first channel.
      await sandbox.deleteQueue(prefixed);
    }
  });

  it('acknowledges when the handler resolved, and delivers again when it rejected', async () => {
    const seen: boolean[] = [];
    const done = Promise.withResolvers<void>();
    await broker.consume(step, 1, async ({ redelivered }) => {
      seen.push(redelivered);
      if (!redelivered) throw new Error('once');
      done.resolve();
    });
    await broker.forward(envelopeFor(step), null);
    await done.promise;
    await broker.close();
    expect(seen).toEqual([false, true]);
    expect(await sandbox.count(step)).toBe(0);
  });

  it('works on at most as many messages at a time as it was told', async () => {
    const release = Promise.withResolvers<void>();
    const two = Promise.withResolvers<void>();
    let most = 0;
    let atWork = 0;
    let done = 0;
    const all = Promise.withResolvers<void>();
    await broker.consume(step, 2, async () => {
      most = Math.max(most, ++atWork);
      if (atWork === 2) two.resolve();
      await release.promise;
      atWork--;
      if (++done === 6) all.resolve();
    });
    for (let i = 0; i < 6; i++) await broker.forward(envelopeFor(step), null);
    await two.promise;
    release.resolve();
    await all.promise;
    expect(most).toBe(2);
  });

  it('sends what it cannot read to the dead letters', async () => {
    await deliveries(step);
    await sandbox.send(step, '{"job_id":"J1","route":{"steps":[]}}');
    const letter = await sandbox.take(sandbox.name('dead-letters'));
    expect(letter.headers).toMatchObject({
      'x-asya-queue': step,
      'x-asya-reason': expect.stringContaining('route.steps'),
    });
  });

  it('sends what was refused for good to the dead letters', async () => {
    await broker.consume(step, 1, () => Promise.reject(new Refused('too large')));
    await broker.forward(envelopeFor(step), null);
    const letter = await sandbox.take(sandbox.name('dead-letters'));
    expect(letter.headers).toMatchObject({ 'x-asya-queue': step, 'x-asya-reason': 'too large' });
    await broker.close();
    expect(await sandbox.count(step)).toBe(0);
  });

  it('waits for a broker that is down, and goes on after a cut (invariant 8)', async () => {
    await broker.close();
    await proxy.refuse();
    broker = await connect();
    const consuming = deliveries(step);
    await proxy.accept();
    const incoming = await consuming;
    proxy.cut();
    await sandbox.send(step, encodeEnvelope(envelopeFor(step)));
    expect((await incoming.next()).value).toMatchObject({ envelope: { jobId: 'J1' } });
  });
});

describe('forward', () => {
  it('finds queues that are bound as asya-{step}', async () => {
    const queue = await sandbox.queue('step', [`asya-${step}`]);
    await broker.forward(envelopeFor(step), 'some.reports');
    const message = await sandbox.take(queue);
    expect(String(message.body)).toBe(encodeEnvelope(envelopeFor(step)));
    expect(message).toMatchObject({
      contentType: 'application/json',
      durable: true,
      messageId: 'J1',
      correlationId: 'J1',
      replyTo: 'some.reports',
      type: 'asya.envelope',
    });
  });

  it('says that a step is unroutable after the grace period', async () => {
    await expect(broker.forward(envelopeFor('nobody'), null)).rejects.toThrow(Unroutable);
  });

  it('succeeds if a queue turns up within the grace period', async () => {
    await broker.close();
    broker = await connect(30_000);
    const forwarded = broker.forward(envelopeFor(step), null);
    await sandbox.queue('step', [step]);
    await forwarded;
    expect(await sandbox.count(step)).toBe(1);
  });

  it('says that a message is refused', async () => {
    await expect(broker.forward(envelopeFor('x'.repeat(256)), null)).rejects.toThrow(Refused);
  });

  it('outlasts an outage of the broker', async () => {
    await sandbox.queue('step', [step]);
    await proxy.refuse();
    const forwarded = broker.forward(envelopeFor(step), null);
    await proxy.accept();
    await forwarded;
    expect(await sandbox.count(step)).toBe(1);
  });

  it('gives up when closing, so that the message at work is delivered again', async () => {
    await proxy.refuse();
    const forwarded = broker.forward(envelopeFor(step), null);
    await Promise.all([broker.close(), expect(forwarded).rejects.toThrow(BrokerUnavailable)]);
  });
});

describe('onCalledOff', () => {
  /** What a broker hears from now on; resolves once it listens. */
  async function listen(to: ActorBroker): Promise<AsyncGenerator<CalledOffJob>> {
    const heard: CalledOffJob[] = [];
    let wake = () => {};
    to.onCalledOff((job) => {
      heard.push(job);
      wake();
    });
    // The queue is bound some time after the connection: what is announced before is not heard.
    while (heard.length === 0) {
      announcer.calledOff({ jobId: 'first', reason: 'CancelledByClient' });
      await pause(20);
    }
    return (async function* () {
      for (;;) {
        const next = heard.shift();
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else if (next.jobId !== 'first') yield next;
      }
    })();
  }

  let connection: RabbitConnection;
  let announcer: RabbitAnnouncer;

  beforeEach(async () => {
    const { log } = memoryLog();
    connection = new RabbitConnection({ url: services.rabbitmqUrl, name: 'announcing', log });
    announcer = new RabbitAnnouncer({ connection, exchange: sandbox.exchange, log });
    await connection.start();
  });

  afterEach(() => connection.stop());

  it('hears in every process what the gateway announces, and what it cannot read does no harm', async () => {
    await using other = await connect().then((broker) => ({
      broker,
      [Symbol.asyncDispose]: () => broker.close(),
    }));
    const here = await listen(broker);
    const there = await listen(other.broker);
    const exchange = `${sandbox.exchange}.cancelled`;
    await sandbox.channel.basicPublish({ exchange, routingKey: '' }, Buffer.from('what?'));
    const job = { jobId: 'J1', reason: 'DeadlineExceeded' };
    announcer.calledOff(job);
    expect((await here.next()).value).toEqual(job);
    expect((await there.next()).value).toEqual(job);
  });

  it('hears again after the connection was cut', async () => {
    const before = await listen(broker);
    proxy.cut();
    const after = await listen(broker);
    announcer.calledOff({ jobId: 'J2', reason: 'HeartbeatLost' });
    expect((await before.next()).value).toMatchObject({ jobId: 'J2' });
    expect((await after.next()).value).toMatchObject({ jobId: 'J2' });
  });
});

describe('close', () => {
  it('waits for the handlers at work, and may be called twice', async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let finished = false;
    await broker.consume(step, 1, async () => {
      started.resolve();
      await release.promise;
      finished = true;
    });
    await broker.forward(envelopeFor(step), null);
    await started.promise;
    const closed = Promise.all([broker.close(), broker.close()]);
    release.resolve();
    await closed;
    expect(finished).toBe(true);
    expect(await sandbox.count(step)).toBe(0);
  });

  it('ends a consume that waits for the broker', async () => {
    await proxy.refuse();
    const consuming = broker.consume(step, 1, async () => {});
    await Promise.all([broker.close(), expect(consuming).rejects.toThrow(BrokerUnavailable)]);
  });
});
