import { Broker, type Message, type Queue } from 'smqp';
import type { EpochMs } from '../jobs/job.ts';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';

/** A message in a queue: its body as RabbitMQ would carry it, and the properties that count here. */
export interface QueuedMessage {
  readonly body: string;
  readonly replyTo: string | null;
  /** When it is dropped instead of delivered; null: never. */
  readonly expiresAt: EpochMs | null;
}

/** A message that nobody can use, and why. */
export interface BuriedMessage {
  readonly queue: string;
  readonly body: Buffer;
  readonly reason: string;
}

/** Dead letters are for reading, not for work, so the newest are enough. */
const maxDeadLetters = 1_000;
const maxDeadLetterBytes = 64 * 1_048_576;

/** The queues of one process, each with a bound. A queue is there from its first `declare` on. */
export class Queues {
  readonly #broker = new Broker();
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  /** The bytes in each queue, messages at work included. */
  readonly #bytes = new Map<string, number>();
  readonly #deadLetters: BuriedMessage[] = [];
  #deadLetterBytes = 0;
  readonly #onRoom: () => void;

  /**
   * @param maxMessages most messages in one queue, those at work included
   * @param maxBytes most bytes in one queue, unless a single message has more
   * @param onRoom called when a queue that was full takes messages again
   */
  constructor(maxMessages: number, maxBytes: number, onRoom: () => void) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
    this.#onRoom = onRoom;
  }

  declare(name: string): Queue {
    const known = this.#broker.getQueue(name);
    if (known !== undefined) return known;
    const queue = this.#broker.assertQueue(name, {
      autoDelete: false,
      maxLength: this.#maxMessages,
    });
    queue.on('ready', this.#onRoom);
    return queue;
  }

  /**
   * Puts a message into the queue named after the step, or else `asya-{step}`: operators of the
   * second generation name queues so.
   *
   * @returns false if there is neither
   * @throws BrokerUnavailable if the queue is full
   */
  send(step: string, message: QueuedMessage): boolean {
    const queue = this.#broker.getQueue(step) ?? this.#broker.getQueue(`asya-${step}`);
    if (queue === undefined) return false;
    if (queue.messageCount >= this.#maxMessages) {
      throw new BrokerUnavailable(`queue ${queue.name} is full (${this.#maxMessages} messages)`);
    }
    const bytes = message.body.length;
    const held = this.#bytes.get(queue.name) ?? 0;
    if (held > 0 && held + bytes > this.#maxBytes) {
      throw new BrokerUnavailable(`queue ${queue.name} is full (${held} bytes)`);
    }
    this.#bytes.set(queue.name, held + bytes);
    queue.queueMessage({}, message);
    return true;
  }

  /** Done with a message: it leaves its queue. */
  acknowledge(queue: string, message: Message): void {
    const { body }: QueuedMessage = message.content;
    const held = this.#bytes.get(queue) ?? 0;
    const left = held - body.length;
    this.#bytes.set(queue, left);
    message.ack();
    if (held > this.#maxBytes / 2 && left <= this.#maxBytes / 2) this.#onRoom();
  }

  bury(letter: BuriedMessage): void {
    this.#deadLetters.push(letter);
    this.#deadLetterBytes += letter.body.length;
    while (this.#deadLetters.length > 1 && this.#isFullOfDead()) {
      this.#deadLetterBytes -= this.#deadLetters.shift()?.body.length ?? 0;
    }
  }

  #isFullOfDead(): boolean {
    return this.#deadLetters.length > maxDeadLetters || this.#deadLetterBytes > maxDeadLetterBytes;
  }

  /** Oldest first. */
  deadLetters(): readonly BuriedMessage[] {
    return this.#deadLetters;
  }
}
