import { AMQPError, type Channel } from 'rabbitmq-client';
import type { RabbitConnection } from './connection/connection.ts';

/** The queue that actors send their reports to. */
export function reportQueueOf(exchange: string): string {
  return `${exchange}.reports`;
}

/** The queue that keeps what could not be read or belongs to no job. */
export function deadLetterQueueOf(exchange: string): string {
  return `${exchange}.dead-letters`;
}

/** The exchange that tells every actor which jobs were called off. */
export function cancelledExchangeOf(exchange: string): string {
  return `${exchange}.cancelled`;
}

/** How it is declared, by whoever comes first. */
export function cancelledExchange(exchange: string) {
  return { exchange: cancelledExchangeOf(exchange), type: 'fanout', durable: true } as const;
}

/**
 * @throws AMQPError PRECONDITION_FAILED, naming the difference, if the exchange exists with other
 * properties; the channel is closed then
 */
export async function declareExchange(channel: Channel, exchange: string): Promise<void> {
  await channel.exchangeDeclare({ exchange, type: 'topic', durable: true, autoDelete: false });
}

/** Asks without declaring, so that a queue's owner alone decides about its properties. */
export async function queueExists(connection: RabbitConnection, queue: string): Promise<boolean> {
  // A negative answer closes the channel, hence one for this question alone.
  const channel = await connection.openChannel();
  try {
    await channel.queueDeclare({ queue, passive: true });
    return true;
  } catch (error) {
    if (error instanceof AMQPError && error.code === 'NOT_FOUND') return false;
    throw error;
  } finally {
    await channel.close();
  }
}

export interface OwnQueue {
  readonly queue: string;
  readonly exchange: string;
  /** Routing keys the exchange sends to it; none: it is reached by its name. */
  readonly bindings: readonly string[];
}

/** Declares a durable queue of ours and binds it. @throws AMQPError */
export async function declareQueue(connection: RabbitConnection, own: OwnQueue): Promise<void> {
  await withChannel(connection, async (channel) => {
    await channel.queueDeclare({ queue: own.queue, durable: true });
    await bind(channel, own);
  });
}

/** Binds a queue that exists; bindings that are there already stay as they are. @throws AMQPError */
export async function bindQueue(connection: RabbitConnection, own: OwnQueue): Promise<void> {
  await withChannel(connection, (channel) => bind(channel, own));
}

async function bind(channel: Channel, { queue, exchange, bindings }: OwnQueue): Promise<void> {
  if (bindings.length > 0) await declareExchange(channel, exchange);
  for (const routingKey of bindings) await channel.queueBind({ exchange, queue, routingKey });
}

async function withChannel(
  connection: RabbitConnection,
  use: (channel: Channel) => Promise<void>,
): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await use(channel);
  } finally {
    await channel.close();
  }
}
