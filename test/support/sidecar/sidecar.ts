import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { Handler } from './runtime.ts';

export interface SidecarOptions {
  readonly connection: Connection;
  readonly exchange: string;
  /** The step, or the name of the end queue. */
  readonly name: string;
  /** `end`: an end actor, which reports outcomes. */
  readonly handler: Handler | 'end';
  readonly happyEnd: string;
  readonly errorEnd: string;
  /** Null: it tells the gateway nothing. */
  readonly gatewayUrl: string | null;
  /** Longest time a handler may take. Default 5,000. */
  readonly timeoutMs?: number;
}

/** One request to the gateway, and its answer's status. */
export interface Call {
  readonly request: string;
  readonly body: Json;
  readonly status: number;
}

/** What becomes of a message: acknowledged, or left behind by a process that ended. */
export type Verdict = 'ack' | 'crash';

/**
 * Stands in for an Asya sidecar with its runtime, without either: it sends the messages and the
 * requests that were recorded of the real ones, in their order. What the two generations do
 * differently is in the subclasses.
 */
export abstract class Sidecar {
  readonly calls: Call[] = [];
  protected readonly options: SidecarOptions;
  #channel: Channel | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(options: SidecarOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    this.#channel = await this.options.connection.acquire();
    await this.channel.basicQos({ prefetchCount: 1 });
    const queue = await this.prepare();
    await this.channel.basicConsume({ queue }, (message) => {
      this.#working = this.#take(message);
    });
  }

  /** Waits for the message at work. */
  async stop(): Promise<void> {
    await this.#working;
    await this.#channel?.close();
  }

  protected get channel(): Channel {
    if (this.#channel === null) throw new Error(`${this.options.name} has not started`);
    return this.#channel;
  }

  /** Makes sure of what it needs to begin; returns the queue to consume. */
  protected abstract prepare(): Promise<string>;

  protected abstract process(body: JsonObject): Promise<Verdict>;

  protected publish(routingKey: string, body: object): Promise<void> {
    const { exchange } = this.options;
    const properties = { exchange, routingKey, durable: true, contentType: 'application/json' };
    return this.channel.basicPublish(properties, Buffer.from(JSON.stringify(body)));
  }

  /** One request; 0: the gateway could not be reached. */
  protected async post(path: string, body: JsonObject): Promise<number> {
    const status = await fetch(`${this.options.gatewayUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then(
      (response) => response.status,
      () => 0,
    );
    this.calls.push({ request: `POST ${path}`, body, status });
    return status;
  }

  async #take(message: AsyncMessage): Promise<void> {
    const { deliveryTag } = message;
    const verdict = await this.process(message.body as JsonObject);
    if (verdict === 'ack') this.channel.basicAck({ deliveryTag });
    else await this.channel.close();
  }
}
