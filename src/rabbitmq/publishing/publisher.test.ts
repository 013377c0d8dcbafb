import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdTimers, isSettled } from '../../../test/support/held-timers.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';
import type { Envelope } from '../../jobs/envelope.ts';
import { encodeEnvelope } from '../../wire/envelope-codec.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { RabbitConnection } from '../connection/connection.ts';
import { RabbitPublisher } from './publisher.ts';

const now = Date.UTC(2026, 0, 1);
let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let connection: RabbitConnection;
let publisher: RabbitPublisher;
let lines: string[];

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  const memory = memoryLog();
  lines = memory.lines;
  const { log } = memory;
  connection = new RabbitConnection({ url: proxy.url, name: 'test', log });
  const { exchange } = sandbox;
  publisher = new RabbitPublisher({ connection, exchange, log, clock: () => now });
});

afterEach(async () => {
  await connection.stop();
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

const envelopeFor = (step: string, extra: Partial<Envelope> = {}): Envelope => ({
  jobId: 'job-1',
  parentId: null,
  steps: [step, 'next'],
  current: 0,
  metadata: { job_id: 'job-1' },
  headers: { traceparent: '00-1-2-03' },
  payload: { text: 'grüße' },
  deadline: null,
  answers: {},
  ...extra,
});

const available = () =>
  new Promise<void>((resolve) => {
    publisher.onAvailable(resolve);
  });

describe('a message', () => {
  it('carries the properties and the body of the contract', async () => {
    await connection.start();
    const queue = await sandbox.queue('a', ['step-a']);
    const envelope = envelopeFor('step-a', { deadline: now + 90_000 });

    expect(await publisher.publish(envelope)).toBe('confirmed');

    const message = await sandbox.take(queue);
    expect(message).toMatchObject({
      exchange: sandbox.exchange,
      routingKey: 'step-a',
      contentType: 'application/json',
      durable: true,
      messageId: 'job-1',
      correlationId: 'job-1',
      timestamp: now / 1000,
      type: 'asya.envelope',
      replyTo: `${sandbox.exchange}.reports`,
      expiration: '90000',
    });
    expect(String(message.body)).toBe(encodeEnvelope(envelope));
  });

  it.each([
    { deadline: null, expiration: undefined },
    { deadline: now + 1e12, expiration: undefined },
  ])('with deadline $deadline has no expiration', async ({ deadline, expiration }) => {
    await connection.start();
    const queue = await sandbox.queue('a', ['step-a']);
    await publisher.publish(envelopeFor('step-a', { deadline }));
    expect((await sandbox.take(queue)).expiration).toBe(expiration);
  });

  it('of many frames arrives whole', async () => {
    await connection.start();
    const queue = await sandbox.queue('a', ['step-a']);
    const payload = 'x'.repeat(500_000);
    expect(await publisher.publish(envelopeFor('step-a', { payload }))).toBe('confirmed');
    const { body } = await sandbox.take(queue);
    expect(JSON.parse(String(body)).payload).toBe(payload);
  });
});

describe('routing', () => {
  beforeEach(() => connection.start());

  it('is tried once more as asya-{step}', async () => {
    const queue = await sandbox.queue('a', ['asya-step-a']);
    expect(await publisher.publish(envelopeFor('step-a'))).toBe('confirmed');
    expect((await sandbox.take(queue)).routingKey).toBe('asya-step-a');
  });

  it('without any queue ends as unroutable, and later publishes succeed', async () => {
    expect(await publisher.publish(envelopeFor('step-a'))).toBe('unroutable');
    await sandbox.queue('a', ['step-a']);
    expect(await publisher.publish(envelopeFor('step-a'))).toBe('confirmed');
  });

  it('tells concurrent messages apart', async () => {
    await sandbox.queue('a', ['step-a']);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const step = i % 2 === 0 ? 'step-a' : 'nowhere';
        return publisher.publish(envelopeFor(step, { jobId: `job-${i}` }));
      }),
    );
    expect(outcomes).toEqual(
      Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'confirmed' : 'unroutable')),
    );
  });

  it('never takes a returned message of an id for confirmed because of another one', async () => {
    await sandbox.queue('a', ['step-a']);
    const [, nowhere] = await Promise.all([
      publisher.publish(envelopeFor('step-a')),
      publisher.publish(envelopeFor('nowhere')),
    ]);
    expect(nowhere).toBe('unroutable');
  });
});

describe('a refused message', () => {
  it('is one whose step does not fit a routing key', async () => {
    await connection.start();
    expect(await publisher.publish(envelopeFor('s'.repeat(256)))).toBe('refused');
  });
});

describe('in an outage (invariant 8)', () => {
  it('a nack is BrokerUnavailable: a full queue may have room later', async () => {
    await connection.start();
    const limits = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    await sandbox.queue('a', ['step-a'], limits);
    await publisher.publish(envelopeFor('step-a'));
    await expect(
      // RabbitMQ lets one more in before it notices.
      publisher.publish(envelopeFor('step-a')).then(() => publisher.publish(envelopeFor('step-a'))),
    ).rejects.toThrow(BrokerUnavailable);
  });

  it('an exchange with other properties is named', async () => {
    await sandbox.declareExchange('direct');
    await connection.start();
    expect(publisher.unavailable()).toContain('PRECONDITION_FAILED');
    expect(publisher.unavailable()).toContain(`inequivalent arg 'type' for exchange`);
    await expect(publisher.publish(envelopeFor('step-a'))).rejects.toThrow(BrokerUnavailable);
    const back = available();
    await sandbox.channel.exchangeDelete({ exchange: sandbox.exchange });
    await back;
  });

  it('starts while the broker is down, refuses, and recovers by itself', async () => {
    await proxy.refuse();
    await connection.start();
    expect(publisher.unavailable()).toContain('ECONNREFUSED');
    await expect(publisher.publish(envelopeFor('step-a'))).rejects.toThrow(BrokerUnavailable);

    const back = available();
    await proxy.accept();
    await back;
    await sandbox.queue('a', ['step-a']);
    expect(publisher.unavailable()).toBeNull();
    expect(await publisher.publish(envelopeFor('step-a'))).toBe('confirmed');
  });

  it('a cut connection rejects what is under way, and comes back', async () => {
    await connection.start();
    await sandbox.queue('a', ['step-a']);
    proxy.pause();
    const underWay = publisher.publish(envelopeFor('step-a'));
    const back = available();
    proxy.cut();
    await expect(underWay).rejects.toThrow(BrokerUnavailable);
    proxy.resume();
    await back;
    expect(await publisher.publish(envelopeFor('step-a'))).toBe('confirmed');
  });

  it('says once that the connection was lost, and never the password', async () => {
    await proxy.refuse();
    await connection.start();
    const back = available();
    await proxy.accept();
    await back;
    expect(lines.filter((line) => line.includes('ECONNREFUSED'))).toHaveLength(1);
    expect(lines.join('\n')).not.toContain('guest');
  });
});

describe('stop', () => {
  it('may be called twice, and leaves publish unavailable', async () => {
    await connection.start();
    await Promise.all([connection.stop(), connection.stop()]);
    await expect(publisher.publish(envelopeFor('step-a'))).rejects.toThrow(BrokerUnavailable);
  });

  it('does not wait for a broker that is silent', async () => {
    await connection.start();
    proxy.pause();
    using timers = holdTimers();
    const stopped = connection.stop();
    await timers.pass(1_000);
    expect(await isSettled(stopped)).toBe(true);
  });

  it('does not wait for a broker that is down', async () => {
    await proxy.refuse();
    await connection.start();
    using timers = holdTimers();
    const stopped = connection.stop();
    await timers.pass(1_000);
    expect(await isSettled(stopped)).toBe(true);
  });
});
