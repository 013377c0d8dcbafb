import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLog } from '../../test/support/memory-log.ts';
import { RabbitSandbox } from '../../test/support/rabbitmq.ts';
import { services } from '../../test/support/services.ts';
import { TcpProxy } from '../../test/support/tcp-proxy.ts';
import { RabbitConnection } from './connection/connection.ts';
import { PutBack, wasDelivered } from './publishing/put-back.ts';
import { QueueConsumer } from './queue-consumer.ts';
import type { Settlement } from './queue-subscription.ts';

let sandbox: RabbitSandbox;
let proxy: TcpProxy;
let connection: RabbitConnection;
let publishing: RabbitConnection;
let putBack: PutBack;
let consumer: QueueConsumer;
let queue: string;

/** A delivery that a test settles when it likes. */
interface Held {
  readonly body: string;
  readonly redelivered: boolean;
  readonly settle: (settlement: Settlement) => void;
}

let held: Held[];
let mostAtWork: number;
let waiting: { readonly count: number; readonly resolve: () => void }[];

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  proxy = await TcpProxy.to(services.rabbitmqUrl);
  queue = sandbox.name('work');
  held = [];
  waiting = [];
  mostAtWork = 0;
  const { log } = memoryLog();
  connection = new RabbitConnection({ url: proxy.url, name: 'consuming', log });
  publishing = new RabbitConnection({ url: services.rabbitmqUrl, name: 'publishing', log });
  putBack = new PutBack({ connection: publishing, log });
  await Promise.all([connection.start(), publishing.start()]);
});

afterEach(async () => {
  for (const { settle } of held) settle('acknowledge');
  await consumer.stop();
  await Promise.all([connection.stop(), publishing.stop()]);
  await proxy.refuse();
  await sandbox[Symbol.asyncDispose]();
});

async function consume(prefetch: number): Promise<void> {
  let atWork = 0;
  consumer = new QueueConsumer({
    connection,
    exchange: sandbox.exchange,
    queues: [queue],
    bindings: [],
    prefetch,
    handle: async (message) => {
      mostAtWork = Math.max(mostAtWork, ++atWork);
      const settlement = await new Promise<Settlement>((settle) => {
        held.push({ body: String(message.body), redelivered: wasDelivered(message), settle });
        for (const { count, resolve } of waiting) if (held.length >= count) resolve();
      });
      atWork--;
      return settlement;
    },
    putBack,
    log: memoryLog().log,
  });
  await consumer.start();
  await consumer.consuming;
}

/** The n-th delivery, from 1. */
async function delivery(count: number): Promise<Held> {
  if (held.length < count) {
    await new Promise<void>((resolve) => {
      waiting.push({ count, resolve });
    });
  }
  const found = held[count - 1];
  if (found === undefined) throw new Error('nothing was delivered');
  return found;
}

const deleteQueue = () => sandbox.channel.queueDelete({ queue });

describe('work that takes long', () => {
  it('keeps no other message waiting when the queue is deleted meanwhile', async () => {
    await consume(2);
    await sandbox.send(queue, 'long');
    const long = await delivery(1);
    await deleteQueue();
    await sandbox.declared(queue);
    await sandbox.send(queue, 'next');
    expect(await delivery(2)).toMatchObject({ body: 'next' });
    long.settle('acknowledge');
  });

  it('keeps no other message waiting when the connection is lost meanwhile', async () => {
    await consume(3);
    await sandbox.send(queue, 'long');
    await delivery(1);
    proxy.cut();
    await sandbox.send(queue, 'next');
    expect(await delivery(2)).toMatchObject({ body: 'next' });
  });

  it('is not begun again here while it goes on, and its outcome is told', async () => {
    await consume(3);
    await sandbox.send(queue, 'long');
    const long = await delivery(1);
    proxy.cut();
    await sandbox.send(queue, 'next');
    (await delivery(2)).settle('acknowledge');
    long.settle('acknowledge');
    await consumer.stop();
    expect(held.map(({ body }) => body)).toEqual(['long', 'next']);
    expect(await sandbox.count(queue)).toBe(0);
  });

  it('counts among what may be at work together', async () => {
    await consume(1);
    await sandbox.send(queue, 'long');
    const long = await delivery(1);
    await deleteQueue();
    await sandbox.declared(queue);
    for (const body of ['second', 'third']) await sandbox.send(queue, body);
    long.settle('acknowledge');
    (await delivery(2)).settle('acknowledge');
    (await delivery(3)).settle('acknowledge');
    expect(held.map(({ body }) => body)).toEqual(['long', 'second', 'third']);
    expect(mostAtWork).toBe(1);
  });

  it('makes room for as many as before once it is done', async () => {
    await consume(2);
    await sandbox.send(queue, 'long');
    const long = await delivery(1);
    await deleteQueue();
    await sandbox.declared(queue);
    await sandbox.send(queue, 'second');
    await delivery(2);
    long.settle('acknowledge');
    await sandbox.send(queue, 'third');
    await delivery(3);
    expect(mostAtWork).toBe(2);
  });
});

describe('a message that is not finished', () => {
  it('comes again, even if its queue was deleted meanwhile', async () => {
    await consume(2);
    await sandbox.send(queue, 'work', { messageId: 'M1' });
    const first = await delivery(1);
    await deleteQueue();
    await sandbox.declared(queue);
    first.settle('requeue');
    expect(await delivery(2)).toMatchObject({ body: 'work', redelivered: true });
  });

  it('waits for the next consumer, if this one stops and its queue was deleted', async () => {
    await consume(1);
    await sandbox.send(queue, 'work', { messageId: 'M1', headers: { 'x-own': 'kept' } });
    const first = await delivery(1);
    await deleteQueue();
    await sandbox.declared(queue);
    const stopped = consumer.stop();
    await deleteQueue();
    first.settle('requeue');
    await stopped;
    const again = await sandbox.take(queue);
    expect(String(again.body)).toBe('work');
    expect(again).toMatchObject({ messageId: 'M1', headers: { 'x-own': 'kept' } });
  });
});

describe('a quorum queue', () => {
  beforeEach(async () => {
    await sandbox.queue('work', [], { 'x-queue-type': 'quorum' });
  });

  it('is consumed like any other', async () => {
    await consume(2);
    await sandbox.send(queue, 'first');
    expect(await delivery(1)).toMatchObject({ body: 'first' });
  });

  it('is declared again after it was deleted', async () => {
    await consume(2);
    await deleteQueue();
    await sandbox.declared(queue);
    await sandbox.send(queue, 'next');
    expect(await delivery(1)).toMatchObject({ body: 'next' });
  });
});
