import { once } from 'node:events';
import type { AsyncMessage, Channel } from 'rabbitmq-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RabbitSandbox } from '../../../test/support/rabbitmq.ts';
import { Recorded } from '../../../test/support/recorded.ts';
import { services } from '../../../test/support/services.ts';
import { ClientConnection } from './client-connection.ts';

const mebibyte = 1_048_576;
const count = 40;

let sandbox: RabbitSandbox;
let queue: string;
let connection: ClientConnection;
let delivered: Recorded<AsyncMessage>;

beforeEach(async () => {
  sandbox = await RabbitSandbox.open();
  queue = await sandbox.queue('work');
  for (let n = 0; n < count; n++) await sandbox.send(queue, Buffer.alloc(mebibyte, n));
  connection = new ClientConnection({ url: services.rabbitmqUrl }, 4 * mebibyte);
  await once(connection, 'connection');
  delivered = new Recorded();
});

afterEach(async () => {
  await connection.close();
  await sandbox[Symbol.asyncDispose]();
});

async function consume(noAck = false): Promise<Channel> {
  const channel = await connection.acquire();
  await channel.basicConsume({ queue, noAck }, (message) => delivered.add(message));
  return channel;
}

test('invariant 9: nothing more is read while messages of so many bytes are not settled', async () => {
  const channel = await consume();
  await delivered.atLeast(4);
  // Whoever asks RabbitMQ for something gets no answer meanwhile.
  let isAnswered = false;
  const answer = channel.basicQos({ prefetchCount: 100 }).then(() => (isAnswered = true));
  for (let n = 0; n < count; n++) {
    await delivered.atLeast(n + 1);
    // Two more may be on their way already.
    expect(delivered.all.length).toBeLessThanOrEqual(n + 6);
    if (n < count - 6) expect(isAnswered).toBe(false);
    channel.basicAck({ deliveryTag: n + 1 });
  }
  await answer;
  expect(delivered.all.map(({ body }) => body[0])).toEqual(
    Array.from({ length: count }, (_, n) => n),
  );
  await channel.close();
});

test('what is refused makes room, too, and so does a channel that is lost', async () => {
  const channel = await consume();
  await delivered.atLeast(4);
  channel.basicNack({ deliveryTag: 1, requeue: false });
  await delivered.atLeast(5);
  await channel.close();
  const other = await consume();
  await delivered.atLeast(9);
  await other.close();
});

test('what needs no acknowledgement is not held', async () => {
  const channel = await consume(true);
  await delivered.atLeast(count);
  await channel.close();
});

test('RabbitMQ is not taken for dead meanwhile', async () => {
  const channel = await consume();
  await delivered.atLeast(4);
  const { _state: state } = connection as unknown as { _state: { hasRead: boolean } };
  state.hasRead = false;
  await expect.poll(() => state.hasRead).toBe(true);
  channel.basicAck({ deliveryTag: 1 });
  await delivered.atLeast(5);
  await channel.close();
});
