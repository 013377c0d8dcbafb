import { randomBytes } from 'node:crypto';
import type { AsyncMessage, Channel } from 'rabbitmq-client';
import { ClientConnection } from '../../src/rabbitmq/connection/client-connection.ts';
import { services } from './services.ts';

/** A test's own exchange and queues on the real broker, removed when it is disposed of. */
export class RabbitSandbox {
  readonly #queues = new Set<string>();
  readonly #connection = new ClientConnection({ url: services.rabbitmqUrl, frameMax: 131_072 });
  #channel: Channel | null = null;

  /** A name of its own for each test, so that tests do not meet in the broker. */
  readonly exchange = `test-${randomBytes(6).toString('hex')}`;

  /** Opens the channel that looks at the broker from outside. */
  static async open(): Promise<RabbitSandbox> {
    const sandbox = new RabbitSandbox();
    sandbox.#channel = await sandbox.#connection.acquire();
    return sandbox;
  }

  get channel(): Channel {
    if (this.#channel === null) throw new Error('the sandbox is not open');
    return this.#channel;
  }

  /** A queue's name that no other test uses; the queue is removed in the end. */
  name(suffix: string): string {
    const name = `${this.exchange}.${suffix}`;
    this.#queues.add(name);
    return name;
  }

  async declareExchange(type = 'topic'): Promise<void> {
    await this.channel.exchangeDeclare({ exchange: this.exchange, type, durable: true });
  }

  /** Declares a queue as its operator would; bound to the exchange with the routing keys. */
  async queue(suffix: string, routingKeys: readonly string[] = [], args = {}): Promise<string> {
    const queue = this.name(suffix);
    await this.channel.queueDeclare({ queue, durable: true, arguments: args });
    const { exchange } = this;
    for (const routingKey of routingKeys) {
      await this.channel.queueBind({ exchange, queue, routingKey });
    }
    return queue;
  }

  async send(queue: string, body: string | Buffer, properties = {}): Promise<void> {
    await this.channel.basicPublish(
      { contentType: 'application/json', ...properties, routingKey: queue },
      Buffer.from(body),
    );
  }

  /** The next message of a queue, waited for and taken out; its body is a Buffer. */
  async take(queue: string): Promise<AsyncMessage> {
    const taken = Promise.withResolvers<AsyncMessage>();
    const channel = await this.#connection.acquire();
    await channel.basicQos({ prefetchCount: 1 });
    await channel.basicConsume({ queue }, taken.resolve);
    const message = await taken.promise;
    channel.basicAck({ deliveryTag: message.deliveryTag });
    // A further message that was delivered meanwhile goes back.
    await channel.close();
    return message;
  }

  /** How many messages wait in a queue, delivered ones left out. */
  async count(queue: string): Promise<number> {
    const { messageCount } = await this.channel.queueDeclare({ queue, passive: true });
    return messageCount;
  }

  /** Asks until somebody has declared the queue: the broker tells nobody. */
  async declared(queue: string): Promise<void> {
    for (;;) {
      const channel = await this.#connection.acquire();
      try {
        await channel.queueDeclare({ queue, passive: true });
        return;
      } catch {
        // A negative answer closes the channel.
      } finally {
        await channel.close();
      }
    }
  }

  /** Deletes a queue whose name is not of this sandbox, if it exists. */
  async deleteQueue(queue: string): Promise<void> {
    const channel = await this.#connection.acquire();
    await channel.queueDelete({ queue });
    await channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const channel = await this.#connection.acquire();
    for (const queue of [...this.#queues, 'reports', 'dead-letters']) {
      const name = queue.startsWith(this.exchange) ? queue : `${this.exchange}.${queue}`;
      await channel.queueDelete({ queue: name });
    }
    await channel.exchangeDelete({ exchange: this.exchange });
    await channel.exchangeDelete({ exchange: `${this.exchange}.cancelled` });
    await channel.close();
    await this.#channel?.close();
    await this.#connection.close();
  }
}
