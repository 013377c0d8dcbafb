import type { AsyncMessage, HeaderFields } from 'rabbitmq-client';
import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '../../lib/backoff.ts';
import type { Log } from '../../lib/log.ts';
import { ConfirmSender, type SendOutcome } from './confirm-sender.ts';
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
    const log = { queue, messageId };
    for (let tries = 1; ; tries++) {
      const outcome = await this.#send(message, queue, declare);
      if (outcome === 'confirmed') {
        return this.#log.warn(log, 'put back into its queue, which had been deleted');
      }
      if (outcome === 'refused' || (stopping.aborted && tries >= triesOfStopping)) {
        return this.#log.error({ ...log, outcome }, 'lost: its queue had been deleted');
      }
      await pause(backoffMs(tries, retrying));
    }
  }

  /** What became of it: RabbitMQ's answer, or why there is none. */
  async #send(
    message: AsyncMessage,
    queue: string,
    declare: () => Promise<void>,
  ): Promise<SendOutcome | Error> {
    const body: Buffer = message.body;
    const copy = { exchange: '', routingKey: queue, properties: propertiesOf(message), body };
    try {
      const outcome = await this.#sender.send(copy);
      if (outcome === 'returned') await declare();
      return outcome;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
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
