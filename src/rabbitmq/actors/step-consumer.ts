import type { AsyncMessage } from 'rabbitmq-client';
import { Refused, type Delivery } from '../../actor/actor-broker.ts';
import type { Envelope } from '../../jobs/envelope.ts';
import { backoffMs, pause } from '../../lib/backoff.ts';
import type { Log } from '../../lib/log.ts';
import type { Service } from '../../lib/service.ts';
import { decodeEnvelope } from '../../wire/envelope-codec.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import type { DeadLetters } from '../reports/dead-letters.ts';
import { DoneMessages } from './done-messages.ts';
import { messageText } from '../message-text.ts';
import { wasDelivered, type PutBack } from '../publishing/put-back.ts';
import { QueueConsumer } from '../queue-consumer.ts';
import type { Settlement } from '../queue-subscription.ts';

export interface StepConsumerOptions {
  /** One for consuming: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly step: string;
  /** Most messages at work at a time. */
  readonly concurrency: number;
  /** Resolves when the message may be acknowledged, rejects if it has to be delivered again. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  readonly deadLetters: DeadLetters;
  readonly putBack: PutBack;
  /** Once it aborts, nothing is waited for but the handlers at work. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** The pause before a message goes back to its queue. It grows while handlers fail one after another. */
const givingBack = { firstMs: 1_000, capMs: 30_000 };

/** Takes the messages of one step from its queue, and acknowledges each when its work is done. */
export class StepConsumer implements Service {
  readonly #options: StepConsumerOptions;
  readonly #consumer: QueueConsumer;
  readonly #done = new DoneMessages();
  /** The jobs at work. A job may have several messages, such as those of a fan-out. */
  readonly #atWork: string[] = [];
  #failuresInARow = 0;

  constructor(options: StepConsumerOptions) {
    const { connection, exchange, step, concurrency, putBack, log } = options;
    this.#options = options;
    this.#consumer = new QueueConsumer({
      connection,
      exchange,
      // Operators of the second generation name queues with the prefix.
      queues: [step, `asya-${step}`],
      bindings: [step],
      bindExisting: true,
      firstOnly: true,
      prefetch: concurrency,
      handle: (message, queue) => this.#take(message, queue),
      onInterrupted: (reason, queue) => this.#interrupted(reason, queue),
      putBack,
      log,
    });
  }

  /** Resolves once messages come in for the first time; never while RabbitMQ is away. */
  get consuming(): Promise<void> {
    return this.#consumer.consuming;
  }

  start(): Promise<void> {
    return this.#consumer.start();
  }

  /** Takes no new messages and waits for those at work. */
  stop(): Promise<void> {
    return this.#consumer.stop();
  }

  async #take(message: AsyncMessage, queue: string): Promise<Settlement> {
    if (this.#done.has(message)) {
      const { messageId } = message;
      this.#options.log.info({ queue, messageId }, 'acknowledged: its work was done before');
      return 'acknowledge';
    }
    const settlement = await this.#settle(message, queue);
    if (settlement === 'acknowledge') this.#done.add(message);
    return settlement;
  }

  async #settle(message: AsyncMessage, queue: string): Promise<Settlement> {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(messageText(message));
    } catch (error) {
      return this.#discard(message, queue, String(error));
    }
    try {
      const { replyTo = null } = message;
      await this.#work({ envelope, replyTo, redelivered: wasDelivered(message) });
      this.#failuresInARow = 0;
      return 'acknowledge';
    } catch (error) {
      if (error instanceof Refused) return this.#discard(message, queue, error.message);
      const { log, closing } = this.#options;
      log.warn({ err: error, queue, jobId: envelope.jobId }, 'a message will be delivered again');
      // The message counts as being at work meanwhile, which slows a failing step down.
      await pause(backoffMs(++this.#failuresInARow, givingBack), closing);
      return 'requeue';
    }
  }

  async #work(delivery: Delivery): Promise<void> {
    const { jobId } = delivery.envelope;
    this.#atWork.push(jobId);
    try {
      await this.#options.handle(delivery);
    } finally {
      this.#atWork.splice(this.#atWork.indexOf(jobId), 1);
    }
  }

  async #discard(message: AsyncMessage, queue: string, reason: string): Promise<Settlement> {
    const { deadLetters, closing } = this.#options;
    return (await deadLetters.keep(message, { queue, reason }, closing))
      ? 'acknowledge'
      : 'requeue';
  }

  /** RabbitMQ has taken the messages at work back. If their queue is there, it delivers them again. */
  #interrupted(reason: string, queue: string): void {
    const what = isTooLate(reason)
      ? 'RabbitMQ took messages back because their work takes longer than its consumer_timeout, ' +
        'and has it done twice; set consumer_timeout to more than the longest work takes'
      : 'consuming was interrupted';
    this.#options.log.warn({ queue, reason, jobIds: [...this.#atWork] }, what);
  }
}

/** RabbitMQ's words when it closes a channel over a delivery that is not acknowledged in time. */
function isTooLate(reason: string): boolean {
  return reason.includes('delivery acknowledgement') && reason.includes('timed out');
}
