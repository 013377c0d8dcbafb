import { randomBytes } from 'node:crypto';
import { Connection } from 'rabbitmq-client';
import { services } from './services.ts';

/** Names on the shared RabbitMQ that no other test uses. */
export class ScratchBroker {
  readonly url = services.rabbitmqUrl;
  readonly exchange = `asya-test-${randomBytes(6).toString('hex')}`;
  readonly #queues = [`${this.exchange}.reports`, `${this.exchange}.dead-letters`];

  /** A step of this test's own; its queue is removed at the end. */
  step(name: string): string {
    const step = `${this.exchange}-${name}`;
    this.#queues.push(step);
    return step;
  }

  /** A queue that others declare, to be removed at the end. */
  remember(queue: string): void {
    this.#queues.push(queue);
  }

  async declareExchange(): Promise<void> {
    const { exchange } = this;
    await this.use((connection) =>
      connection.exchangeDeclare({ exchange, type: 'topic', durable: true }),
    );
  }

  /** The queue of a step as second-generation actors call it, declared and bound by its operator. */
  async prefixedQueue(step: string): Promise<void> {
    const { exchange } = this;
    const queue = `asya-${step}`;
    this.remember(queue);
    await this.declareExchange();
    await this.use(async (connection) => {
      await connection.queueDeclare({ queue, durable: true });
      await connection.queueBind({ exchange, queue, routingKey: step });
    });
  }

  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = new Connection(this.url);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Messages ready in a queue. */
  async depth(queue: string): Promise<number> {
    const { messageCount } = await this.use((connection) =>
      connection.queueDeclare({ queue, passive: true }),
    );
    return messageCount;
  }

  async remove(): Promise<void> {
    await this.use(async (connection) => {
      for (const queue of this.#queues) await connection.queueDelete({ queue });
      await connection.exchangeDelete({ exchange: this.exchange });
      await connection.exchangeDelete({ exchange: `${this.exchange}.cancelled` });
    });
  }
}
