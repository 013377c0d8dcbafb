import type { AsyncMessage, HeaderFields } from 'rabbitmq-client';
import { setTimeout as pause } from 'node:timers/promises';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Log } from '../../lib/log.ts';
import { ConfirmSender } from './confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';

export interface PutBackOptions {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly log: Log;
}

const putBackHeader = 'x-asya-put-back';

/** How often it is tried in a process that is stopping, and would wait for it. */
const triesOfStopping = 4;

const retrying = { firstMs: 100, capMs: 2_000 };

/**
 * Sends a message to its queue again that could not be finished and whose queue was deleted meanwhile.
 * RabbitMQ drops a message that is requeued then, without a word: the consumer has its last copy.
 */
export class PutBack {
  readonly #log: Log;
  readonly #sender: ConfirmSender;

  constructor({ connection, log }: PutBackOptions) {
    this.#log = log;
    this.#sender = new ConfirmSender({ connection, setUp: async () => {}, log });
  }

  /**
   * Tries until a copy is stored.
   *
   * @param declare declares the queue, if nobody has done so yet
   * @param stopping once it aborts, only some tries are left; the log says if they were in vain
   */
  async send(
    message: AsyncMessage,
    queue: string,
    declare: () => Promise<void>,
    stopping: AbortSignal,
  ): Promise<void> {
    const { messageId } = message;
    for (let tries = 1; ; tries++) {
      try {
        await this.#send(message, queue, declare);
        this.#log.warn({ queue, messageId }, 'put back into its queue, which had been deleted');
        return;
      } catch (error) {
        if (stopping.aborted && tries >= triesOfStopping) {
          this.#log.error({ err: error, queue, messageId }, 'lost: its queue had been deleted');
          return;
        }
        await pause(backoffMs(tries, retrying));
      }
    }
  }

  async #send(message: AsyncMessage, queue: string, declare: () => Promise<void>): Promise<void> {
    const body: Buffer = message.body;
    const copy = { exchange: '', routingKey: queue, properties: propertiesOf(message), body };
    const outcome = await this.#sender.send(copy);
    if (outcome === 'confirmed') return;
    if (outcome === 'returned') await declare();
    throw new BrokerUnavailable(`RabbitMQ did not take it: ${outcome}`);
  }
}

/** Was the message delivered before? RabbitMQ says so of what it has; a copy is new to it. */
export function wasDelivered({ redelivered, headers }: AsyncMessage): boolean {
  return redelivered || headers?.[putBackHeader] !== undefined;
}

/**
 * The message's own properties, but for those that act: `CC` and `BCC` would send the copy to other queues
 * as well, and RabbitMQ refuses a foreign `user_id`.
 */
function propertiesOf(message: AsyncMessage): HeaderFields {
  const headers: HeaderFields['headers'] = { ...message.headers, [putBackHeader]: 'true' };
  delete headers.CC;
  delete headers.BCC;
  const properties: HeaderFields = { ...message, durable: true, headers };
  delete properties.userId;
  return properties;
}
