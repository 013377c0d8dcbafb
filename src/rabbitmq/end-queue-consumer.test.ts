import { afterEach, beforeEach, expect, it } from 'vitest';
import { memoryLog } from '../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../test/support/rabbitmq.ts';
import { services } from '../../test/support/services.ts';
import { aJob } from '../../test/support/jobs.ts';
import type { ChildClaim } from '../jobs/child.ts';
import type { JobEvent } from '../jobs/event.ts';
import type { ApplyOutcome } from '../jobs/job-store.ts';
import { RabbitConnection } from './connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { decodeErrorEnd, decodeHappyEnd } from '../wire/end-message.ts';
import { createEndQueueConsumer } from './end-queue-consumer.ts';
import type { EventConsumer } from './event-consumer.ts';
import { PutBack } from './put-back.ts';

let sandbox: RabbitSandbox;
let connection: RabbitConnection;
let happyEnd: string;
let errorEnd: string;
let consumers: EventConsumer[];
let applied: Map<string, PromiseWithResolvers<JobEvent>>;
let claims: Map<string, ChildClaim | null>;

const eventOf = (jobId: string) => {
  const known = applied.get(jobId) ?? Promise.withResolvers<JobEvent>();
  applied.set(jobId, known);
  return known;
};

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  applied = new Map();
  claims = new Map();
  const { exchange } = sandbox;
  const { log } = memoryLog();
  connection = new RabbitConnection({ url: services.rabbitmqUrl, name: 'test', log });
  // The real names would be shared with whoever uses this broker.
  happyEnd = sandbox.name('happy-end');
  errorEnd = sandbox.name('error-end');
  const parts = {
    connection,
    exchange,
    deadLetters: new DeadLetters({ connection, exchange, log }),
    putBack: new PutBack({ connection, log }),
    apply: async (
      jobId: string,
      event: JobEvent,
      child: ChildClaim | null,
    ): Promise<ApplyOutcome> => {
      claims.set(jobId, child);
      eventOf(jobId).resolve(event);
      return { kind: 'refused', state: aJob({ id: jobId }), refusal: 'repeated' };
    },
    log,
    lookEveryMs: 100,
  };
  consumers = [
    createEndQueueConsumer(parts, { name: happyEnd, decode: decodeHappyEnd }),
    createEndQueueConsumer(parts, { name: `asya-${happyEnd}`, decode: decodeHappyEnd }),
    createEndQueueConsumer(parts, { name: errorEnd, decode: decodeErrorEnd }),
    createEndQueueConsumer(parts, { name: `asya-${errorEnd}`, decode: decodeErrorEnd }),
  ];
  await connection.start();
  for (const consumer of consumers) await consumer.start();
  await Promise.all(consumers.map((consumer) => consumer.consuming));
});

afterEach(async () => {
  for (const consumer of consumers) await consumer.stop();
  await connection.stop();
  for (const end of [happyEnd, errorEnd]) await sandbox.deleteQueue(`asya-${end}`);
  await sandbox[Symbol.asyncDispose]();
});

const route = { steps: ['a'], current: 0 };

it('reads both generations from queues it declared and bound to the exchange', async () => {
  const { channel, exchange } = sandbox;
  const publish = (routingKey: string, body: object) =>
    channel.basicPublish({ exchange, routingKey }, body);
  await publish(happyEnd, { job_id: 'J1', route, payload: 1 });
  await publish(`asya-${happyEnd}`, { id: 'E1', route, payload: 2 });
  await publish(errorEnd, { job_id: 'J2', error: 'bad', original_message: '{}' });
  await publish(`asya-${errorEnd}`, { id: 'E2', route, payload: { error: 'worse' } });

  expect(await eventOf('J1').promise).toEqual({ type: 'succeeded', result: 1 });
  expect(await eventOf('E1').promise).toEqual({ type: 'succeeded', result: 2 });
  expect(await eventOf('J2').promise).toMatchObject({ type: 'failed', error: 'bad' });
  expect(await eventOf('E2').promise).toMatchObject({ type: 'failed', error: 'worse' });
});

it('takes what a child of an unknown parent says about it to the store', async () => {
  const { channel, exchange } = sandbox;
  const message = { id: 'E1-2', parent_id: 'E1', route: { actors: ['a', 'b'], current: 2 } };
  await channel.basicPublish({ exchange, routingKey: happyEnd }, message);
  expect(await eventOf('E1-2').promise).toEqual({ type: 'succeeded', result: null });
  expect(claims.get('E1-2')).toEqual({ parentId: 'E1', steps: ['a', 'b'], orphan: 'refuse' });
});

it('declares a queue again that was deleted, under the name its senders ask for', async () => {
  for (const queue of [happyEnd, `asya-${happyEnd}`]) {
    await sandbox.channel.queueDelete({ queue });
    await sandbox.declared(queue);
    await sandbox.send(queue, JSON.stringify({ id: 'E2', payload: queue }));
    expect(await eventOf('E2').promise).toEqual({ type: 'succeeded', result: queue });
    applied.delete('E2');
  }
});

it('sends what it cannot read to the dead letters', async () => {
  await sandbox.send(errorEnd, '{"error":"whose?"}');
  const letter = await sandbox.take(sandbox.name('dead-letters'));
  expect(String(letter.body)).toBe('{"error":"whose?"}');
  expect(letter.headers).toMatchObject({ 'x-asya-queue': errorEnd });
});
