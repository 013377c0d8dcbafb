import { once } from 'node:events';
import { Connection, type AsyncMessage, type Channel } from 'rabbitmq-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { services } from '../../../test/support/services.ts';
import { gatherAcks } from './gathered-acks.ts';

let rabbit: RabbitSandbox;
let queue: string;
let connection: Connection;
let channel: Channel;
/** What goes to RabbitMQ; with `multiple`, every delivery up to this one is meant. */
let sent: { deliveryTag?: number; multiple?: boolean }[];
let deliveries: AsyncMessage[];

beforeEach(async () => {
  rabbit = await RabbitSandbox.open();
  queue = await rabbit.queue('work');
  connection = new Connection(services.rabbitmqUrl);
  await once(connection, 'connection');
  channel = await connection.acquire();
  sent = [];
  const ack = channel.basicAck.bind(channel);
  channel.basicAck = (params) => {
    sent.push(params);
    ack(params);
  };
  gatherAcks(channel);
});

afterEach(async () => {
  await connection.close();
  await rabbit[Symbol.asyncDispose]();
});

/** Sends messages named by their number, from 1, and waits until all are delivered. */
async function deliver(count: number): Promise<void> {
  const all = Promise.withResolvers<void>();
  deliveries = [];
  await channel.basicConsume({ queue }, (message) => {
    deliveries.push(message);
    if (deliveries.length === count) all.resolve();
  });
  for (let n = 1; n <= count; n++) await rabbit.send(queue, `${n}`);
  await all.promise;
}

function ack(...deliveryTags: readonly number[]): void {
  for (const deliveryTag of deliveryTags) channel.basicAck({ deliveryTag });
}

/** What RabbitMQ has once the channel is closed: all that it does not take for settled. */
async function left(): Promise<string[]> {
  await channel.close();
  const bodies: string[] = [];
  while ((await rabbit.count(queue)) > 0) bodies.push(String((await rabbit.take(queue)).body));
  return bodies;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('deliveries in a row are acknowledged at once, in whatever order they were done', async () => {
  await deliver(10);
  ack(3, 1, 2, 5, 4, 10, 9, 8, 7, 6);
  await turn();
  expect(sent).toEqual([{ deliveryTag: 10, multiple: true }]);
  expect(await left()).toEqual([]);
});

test('what is still at work is not acknowledged by those after it', async () => {
  await deliver(5);
  ack(1, 2, 4);
  await turn();
  ack(5);
  await turn();
  expect(sent).toEqual([
    { deliveryTag: 2, multiple: true },
    { deliveryTag: 4 },
    { deliveryTag: 5 },
  ]);
  expect(await left()).toEqual(['3']);
});

test('what comes last goes on with the row that was done before', async () => {
  await deliver(4);
  ack(2, 3);
  await turn();
  ack(1, 4);
  await turn();
  expect(sent.at(-1)).toEqual({ deliveryTag: 4, multiple: true });
  expect(await left()).toEqual([]);
});

test('a delivery that is sent back ends no row, and comes again', async () => {
  await deliver(3);
  ack(1);
  channel.basicNack({ deliveryTag: 3, requeue: true });
  ack(2);
  await turn();
  expect(sent).toEqual([{ deliveryTag: 2, multiple: true }]);
  await expect.poll(() => deliveries.length).toBe(4);
  expect(deliveries[3]).toMatchObject({ deliveryTag: 4, redelivered: true });
  ack(4);
  expect(await left()).toEqual([]);
});

test('a channel that closes acknowledges first', async () => {
  await deliver(3);
  ack(1, 3);
  expect(await left()).toEqual(['2']);
});
