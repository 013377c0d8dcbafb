import type { AsyncMessage, Consumer } from 'rabbitmq-client';
import type { CalledOffJob } from '../../jobs/ports/broker.ts';
import { decodeCalledOff } from '../../wire/called-off.ts';
import type { Log } from '../../lib/log.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { messageText } from '../message-text.ts';
import { cancelledExchange } from '../topology.ts';

export interface CancelListenerOptions {
  /** One for consuming: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly listener: (job: CalledOffJob) => void;
  readonly log: Log;
}

const cancelMs = 1_000;

/**
 * Listens for jobs that are called off. It has a queue of its own, which RabbitMQ deletes with the
 * connection. So it misses what is announced while it is not connected.
 */
export class CancelListener {
  readonly #options: CancelListenerOptions;
  #consumer: Consumer | null = null;

  constructor(options: CancelListenerOptions) {
    this.#options = options;
  }

  /** The connection must have been started. */
  start(): void {
    const { connection, exchange, log } = this.#options;
    const declared = cancelledExchange(exchange);
    this.#consumer = connection.createConsumer(
      {
        // RabbitMQ chooses the name. After a reconnect it is another queue.
        queue: '',
        queueOptions: { exclusive: true, autoDelete: true },
        exchanges: [declared],
        queueBindings: [{ exchange: declared.exchange, routingKey: '' }],
        noAck: true,
      },
      (message) => this.#hear(message),
    );
    this.#consumer.on('error', (error: Error) => {
      if (connection.connected) log.warn({ reason: error.message }, 'cancellations are not heard');
    });
  }

  async stop(): Promise<void> {
    const closing = this.#consumer?.close();
    if (closing !== undefined) await withTimeLimit(closing, cancelMs).catch(() => {});
  }

  #hear(message: AsyncMessage): void {
    const { listener, log } = this.#options;
    try {
      listener(decodeCalledOff(messageText(message)));
    } catch (error) {
      log.warn({ err: error }, 'a cancellation cannot be read');
    }
  }
}
