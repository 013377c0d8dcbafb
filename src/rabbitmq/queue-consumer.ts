import type { AsyncMessage } from 'rabbitmq-client';
import { backoffMs, pause } from '../lib/backoff.ts';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { withTimeLimit } from '../lib/time-limit.ts';
import type { RabbitConnection } from './connection/connection.ts';
import { DeliveriesAtWork } from './actors/deliveries-at-work.ts';
import type { PutBack } from './publishing/put-back.ts';
import {
  QueueSubscription,
  type Settlement,
  type QueueSubscriptionParts,
} from './queue-subscription.ts';
import { bindQueue, declareQueue, queueExists } from './topology.ts';

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
   * delivered again, unless the queue was deleted. Default: a warning.
   */
  readonly onInterrupted?: (reason: string, queue: string) => void;
  /** Keeps what is requeued after its queue was deleted. */
  readonly putBack: PutBack;
  readonly log: Log;
  /** How often to look for queues that were created or deleted meanwhile. Default 10,000. */
  readonly lookEveryMs?: number;
}

/** RabbitMQ's channels hear of a deletion within milliseconds, unless the machine is very busy. */
const hearMs = 1_000;

/** An idle consumer says goodbye within milliseconds; a silent broker never answers. */
const cancelMs = 1_000;

/** A queue that cannot be had; the regular look comes after 10 s. */
const retrying = { firstMs: 200, capMs: 10_000 };

/** Consumes a queue that others may own, create and delete, through all reconnects. */
export class QueueConsumer implements Service {
  readonly #options: QueueConsumerOptions;
  readonly #lookout: PeriodicLoop;
  /** Those that ended stay until what they delivered is settled. */
  readonly #subscriptions = new Set<QueueSubscription>();
  readonly #atWork: DeliveriesAtWork;
  readonly #consuming = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  #failures = 0;

  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    const { connection, lookEveryMs = 10_000 } = options;
    this.#atWork = new DeliveriesAtWork(options.handle);
    this.#lookout = new PeriodicLoop({
      everyMs: lookEveryMs,
      runOnce: () => this.#lookOnce(),
      onError: (error) => void this.#lookAgain(error),
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
    this.#stopping.abort();
    await this.#lookout.stop();
    const subscriptions = [...this.#subscriptions];
    const cancelled = subscriptions.map((subscription) => subscription.cancel());
    await Promise.all(subscriptions.map((subscription) => subscription.settled()));
    const closed = subscriptions.map(async (subscription, i) => {
      await cancelled[i];
      await subscription.close();
    });
    await withTimeLimit(Promise.allSettled(closed), cancelMs).catch(() => {});
  }

  async #lookOnce(): Promise<void> {
    const { connection, queues, bindings, exchange } = this.#options;
    const { firstOnly = false, bindExisting = false } = this.#options;
    if (!connection.connected) return;
    const existing: string[] = [];
    for (const queue of queues) {
      if (await queueExists(connection, queue)) existing.push(queue);
    }
    if (existing.length === 0) {
      await this.#letOthersHear(queues[0]);
      await this.#declare(queues[0]);
      await this.#consume([queues[0]]);
      return;
    }
    const consumed = firstOnly ? existing.slice(0, 1) : existing;
    if (bindExisting) {
      for (const queue of consumed) await bindQueue(connection, { queue, exchange, bindings });
    }
    await this.#consume(consumed);
  }

  /** Every process that consumes a deleted queue has to hear of the deletion before it is there again. */
  async #letOthersHear(queue: string): Promise<void> {
    const areTold = [...this.#subscriptions].every((one) => one.queue !== queue || one.isTold);
    if (!areTold) await pause(hearMs, this.#stopping.signal);
  }

  async #declare(queue: string): Promise<void> {
    const { connection, exchange, bindings } = this.#options;
    await declareQueue(connection, { queue, exchange, bindings });
  }

  async #consume(queues: readonly string[]): Promise<void> {
    for (const subscription of this.#subscriptions) {
      if (subscription.ended && subscription.places === 0) this.#subscriptions.delete(subscription);
      if (!queues.includes(subscription.queue)) await subscription.cancel();
    }
    for (const queue of queues) await this.#fill(queue);
    this.#failures = 0;
  }

  /** Has as many deliveries of the queue under way as there is room for. */
  async #fill(queue: string): Promise<void> {
    const { connection, prefetch, log } = this.#options;
    const { onInterrupted = this.#warn } = this.#options;
    const ofQueue = [...this.#subscriptions].filter((other) => other.queue === queue);
    const room = prefetch - ofQueue.reduce((places, other) => places + other.places, 0);
    if (room <= 0 || this.#stopping.signal.aborted) return;
    const running = ofQueue.find(({ ended }) => !ended);
    if (running !== undefined) return running.widen(room);
    const parts: QueueSubscriptionParts = {
      queue,
      handle: (message) => this.#atWork.handle(message, queue),
      putBack: (message) => this.#putBack(message, queue),
      onEnd: (reason) => {
        if (reason !== null) onInterrupted(reason, queue);
        this.#lookout.wake();
      },
      onLateSettlement: () => this.#lookout.wake(),
    };
    this.#subscriptions.add(await QueueSubscription.open(connection, parts, room));
    log.info({ queue }, 'consuming');
    this.#consuming.resolve();
  }

  readonly #warn = (reason: string, queue: string): void => {
    this.#options.log.warn({ queue, reason }, 'consuming was interrupted');
  };

  async #putBack(message: AsyncMessage, queue: string): Promise<void> {
    const { signal } = this.#stopping;
    await this.#options.putBack.send(message, queue, () => this.#declare(queue), signal);
  }

  async #lookAgain(error: unknown): Promise<void> {
    const { connection, log, queues } = this.#options;
    // Whoever connects looks again.
    if (!connection.connected) return;
    log.warn({ err: error, queues }, 'a queue cannot be had');
    await pause(backoffMs(++this.#failures, retrying), this.#stopping.signal);
    this.#lookout.wake();
  }
}
