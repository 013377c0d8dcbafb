import { once } from 'node:events';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RabbitConnection } from '../../src/rabbitmq/connection/connection.ts';
import { PutBack } from '../../src/rabbitmq/publishing/put-back.ts';
import { QueueConsumer } from '../../src/rabbitmq/queue-consumer.ts';
import { memoryLog } from '../support/memory-log.ts';
import { unavailable } from './cluster.ts';
import { OwnRabbitmq } from './own-rabbitmq.ts';

/*
 * One process declares a deleted queue again while the channel of another has not yet heard of the
 * deletion. RabbitMQ 3.10 keeps that consumer then, gives it messages of the new queue, and drops them on
 * the way: they stay unacknowledged for ever.
 */
describe.skipIf(unavailable !== null)('a deletion that is heard of late', () => {
  let rabbitmq: OwnRabbitmq;

  beforeAll(async () => {
    rabbitmq = await OwnRabbitmq.create();
  });
  afterAll(() => rabbitmq.remove());

  test('invariant 2: a consumer goes on with the new queue', async () => {
    const { log } = memoryLog();
    const connection = new RabbitConnection({ url: rabbitmq.url, name: 'consuming', log });
    const publishing = new RabbitConnection({ url: rabbitmq.url, name: 'publishing', log });
    const putBack = new PutBack({ connection: publishing, log });
    const arrived = Promise.withResolvers<string>();
    const queue = 'work';
    const consumer = new QueueConsumer({
      connection,
      exchange: 'asya',
      queues: [queue],
      bindings: [],
      prefetch: 10,
      handle: async ({ body }) => {
        arrived.resolve(String(body));
        return 'acknowledge';
      },
      putBack,
      log,
    });
    await Promise.all([connection.start(), publishing.start()]);
    await consumer.start();
    await consumer.consuming;

    const operator = new Connection(rabbitmq.url);
    operator.on('error', () => {});
    await once(operator, 'connection');
    const resume = await rabbitmq.suspendConsumers();
    await operator.queueDelete({ queue });
    await operator.queueDeclare({ queue, durable: true });
    await resume();
    const channel = await operator.acquire();
    await channel.basicPublish({ routingKey: queue }, Buffer.from('after'));
    await channel.close();
    expect(await arrived.promise).toBe('after');

    await operator.close();
    await consumer.stop();
    await Promise.all([connection.stop(), publishing.stop()]);
  });
});
