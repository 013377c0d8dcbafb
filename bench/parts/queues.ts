import { Connection } from 'rabbitmq-client';

/**
 * How RabbitMQ stores a queue from 4.0 on, said to those before, which would hold all of it in memory
 * and collect that garbage: two fifths of what the broker did here where nobody consumes.
 */
const storage = { 'x-queue-mode': 'lazy', 'x-queue-version': 2 };

/** An exchange of one measured gateway's own, with a queue for each step of its tools. */
export class Queues implements AsyncDisposable {
  readonly exchange: string;
  readonly url: string;
  readonly #connection: Connection;
  readonly #queues: string[] = [];

  constructor(url: string, exchange: string) {
    this.url = url;
    this.exchange = exchange;
    this.#connection = new Connection(url);
  }

  /** A step's queue, which nobody consumes. */
  async declare(step: string): Promise<void> {
    const { exchange } = this;
    await this.#connection.exchangeDeclare({ exchange, type: 'topic', durable: true });
    await this.#connection.queueDeclare({ queue: step, durable: true, arguments: storage });
    await this.#connection.queueBind({ exchange, queue: step, routingKey: step });
    this.#queues.push(step);
  }

  /** How many messages wait. */
  async depth(queue: string): Promise<number> {
    const { messageCount } = await this.#connection.queueDeclare({ queue, passive: true });
    return messageCount;
  }

  async purge(): Promise<void> {
    for (const queue of this.#queues) await this.#connection.queuePurge({ queue });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const own = ['reports', 'dead-letters'].map((name) => `${this.exchange}.${name}`);
    for (const queue of [...this.#queues, ...own]) await this.#connection.queueDelete({ queue });
    for (const exchange of [this.exchange, `${this.exchange}.cancelled`]) {
      await this.#connection.exchangeDelete({ exchange });
    }
    await this.#connection.close();
  }
}
