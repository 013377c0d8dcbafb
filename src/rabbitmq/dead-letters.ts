import type { AsyncMessage, HeaderFields } from 'rabbitmq-client';
import { BrokerUnavailable } from '../jobs/publisher.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import type { Log } from '../lib/log.ts';
import { ConfirmSender } from './confirm-sender.ts';
import type { RabbitConnection } from './connection.ts';
import { propertiesOfCopy } from './message-copy.ts';
import { deadLetterQueueOf, declareQueue } from './topology.ts';

export interface DeadLettersOptions {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly log: Log;
}

export interface Verdict {
  /** The queue the message was in. */
  readonly queue: string;
  /** Why nobody can use it. */
  readonly reason: string;
}

const retrying = { firstMs: 200, capMs: 10_000 };
const maxReasonLength = 1_000;

/** The queue `{exchange}.dead-letters`, which keeps what cannot be used, as it came. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #queue: string;
  readonly #sender: ConfirmSender;

  constructor(options: DeadLettersOptions) {
    const { connection, exchange, log } = options;
    this.#options = options;
    this.#queue = deadLetterQueueOf(exchange);
    this.#sender = new ConfirmSender({ connection, setUp: () => this.#declare(), log });
  }

  /**
   * Stores a copy of a message, which may be acknowledged after that. Tries until it succeeds or
   * the signal aborts; false: it is not stored.
   */
  async keep(message: AsyncMessage, verdict: Verdict, signal: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    log.error({ ...verdict, messageId: message.messageId }, 'a message goes to the dead letters');
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#store(message, verdict);
        return true;
      } catch (error) {
        log.warn({ err: error, ...verdict }, 'a dead letter could not be stored; trying again');
        await pause(backoffMs(attempt, retrying), signal);
      }
    }
    return false;
  }

  async #store(message: AsyncMessage, verdict: Verdict): Promise<void> {
    const properties = propertiesOf(message, verdict);
    const body: Buffer = message.body;
    const letter = { exchange: '', routingKey: this.#queue, properties, body };
    const outcome = await this.#sender.send(letter);
    if (outcome === 'confirmed') return;
    if (outcome === 'returned') await this.#declare();
    throw new BrokerUnavailable(`RabbitMQ did not store the dead letter: ${outcome}`);
  }

  async #declare(): Promise<void> {
    const { connection, exchange } = this.#options;
    await declareQueue(connection, { queue: this.#queue, exchange, bindings: [] });
  }
}

/** The original ones, but for `expiration`, which would have the letter vanish. */
function propertiesOf(message: AsyncMessage, { queue, reason }: Verdict): HeaderFields {
  const properties = propertiesOfCopy(message, {
    'x-asya-queue': queue,
    'x-asya-reason': reason.slice(0, maxReasonLength).toWellFormed(),
  });
  delete properties.expiration;
  return properties;
}
