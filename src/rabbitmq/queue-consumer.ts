import { AMQPConnectionError, ConsumerStatus } from 'rabbitmq-client';
import type { AsyncMessage, Consumer } from 'rabbitmq-client';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import type { RabbitConnection } from './connection.ts';
import { bindQueue, declareQueue, queueExists } from './topology.ts';

/** What becomes of a delivery: done with, or to be delivered again. */
export type Settlement = 'acknowledge' | 'requeue';

export interface QueueConsumerOptions {
  readonly connection: RabbitConnection;
  readonly exchange: string;
  /** The names the queue may have. Those that exist are consumed; if none does, the first is declared. */
  readonly queues: readonly [string, ...string[]];
  /** Routing keys to bind a declared queue with. */
  readonly bindings: readonly string[];
  /** Bind the queues that exist already, too: they are the consumer's own. Default false. */
  readonly bindExisting?: boolean;
  /** Consume only the first that exists. Default false. */
  readonly firstOnly?: boolean;
  /** Most deliveries under way in each queue. */
  readonly prefetch: number;
  /** Called in the order of delivery, with the name of the queue. Must not throw or reject. */
  readonly handle: (message: AsyncMessage, queue: string) => Promise<Settlement>;
  /**
   * Told when RabbitMQ ends the consuming of a queue while it is connected: what was under way is
   * delivered again. Default: a warning.
   */
  readonly onInterrupted?: (error: Error, queue: string) => void;
  readonly log: Log;
  /** How often to look for queues that were created or deleted meanwhile. Default 10,000. */
  readonly lookEveryMs?: number;
}

/** An idle consumer says goodbye within milliseconds; a silent broker never answers. */
const cancelMs = 1_000;

/** Consumes a queue that others may own, create and delete, through all reconnects. */
export class QueueConsumer implements Service {
  readonly #options: QueueConsumerOptions;
  readonly #lookout: PeriodicLoop;
  readonly #consumers = new Map<string, Consumer>();
  readonly #atWork = new Set<Promise<Settlement>>();
  readonly #consuming = Promise.withResolvers<void>();
  #stopping = false;

  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    const { connection, log, queues, lookEveryMs = 10_000 } = options;
    this.#lookout = new PeriodicLoop({
      everyMs: lookEveryMs,
      runOnce: () => this.#lookOnce(),
      onError: (error) => {
        if (connection.connected) log.warn({ err: error, queues }, 'a queue cannot be had');
      },
    });
    connection.onConnected(() => this.#lookout.wake());
  }

  /** Resolves once messages come in for the first time; never while the broker is away. */
  get consuming(): Promise<void> {
    return this.#consuming.promise;
  }

  async start(): Promise<void> {
    await this.#lookout.start();
  }

  /** Takes no new deliveries and waits for those at work. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#lookout.stop();
    const closing = [...this.#consumers.values()].map((consumer) => consumer.close());
    await Promise.all(this.#atWork);
    await withTimeLimit(Promise.allSettled(closing), cancelMs).catch(() => {});
  }

  async #lookOnce(): Promise<void> {
    const { connection, exchange, queues, bindings } = this.#options;
    const { firstOnly = false, bindExisting = false } = this.#options;
    if (!connection.connected) return;
    const existing: string[] = [];
    for (const queue of queues) {
      if (await queueExists(connection, queue)) existing.push(queue);
    }
    if (existing.length === 0) {
      await declareQueue(connection, { queue: queues[0], exchange, bindings });
      return this.#consume([queues[0]]);
    }
    const consumed = firstOnly ? existing.slice(0, 1) : existing;
    if (bindExisting) {
      for (const queue of consumed) await bindQueue(connection, { queue, exchange, bindings });
    }
    this.#consume(consumed);
  }

  #consume(queues: readonly string[]): void {
    if (this.#stopping) return;
    for (const [queue, consumer] of this.#consumers) {
      if (queues.includes(queue)) continue;
      this.#consumers.delete(queue);
      void consumer.close().catch(() => {});
    }
    for (const queue of queues) {
      if (!this.#consumers.has(queue)) this.#consumers.set(queue, this.#createConsumer(queue));
    }
  }

  #createConsumer(queue: string): Consumer {
    const { connection, prefetch, onInterrupted, log } = this.#options;
    const consumer = connection.createConsumer(
      // Passive, because the owner of the queue decides about its properties.
      { queue, queueOptions: { passive: true }, qos: { prefetchCount: prefetch } },
      (message) => this.#take(message, queue),
    );
    consumer.on('ready', () => {
      log.info({ queue }, 'consuming');
      this.#consuming.resolve();
    });
    consumer.on('error', (error: Error) => {
      if (error instanceof AMQPConnectionError || !connection.connected) return;
      if (onInterrupted !== undefined) onInterrupted(error, queue);
      else log.warn({ queue, reason: error.message }, 'consuming was interrupted');
      this.#lookout.wake();
    });
    return consumer;
  }

  async #take(message: AsyncMessage, queue: string): Promise<ConsumerStatus> {
    if (this.#stopping) return ConsumerStatus.REQUEUE;
    const work = this.#options.handle(message, queue);
    this.#atWork.add(work);
    try {
      const settlement = await work;
      return settlement === 'acknowledge' ? ConsumerStatus.ACK : ConsumerStatus.REQUEUE;
    } finally {
      this.#atWork.delete(work);
    }
  }
}
