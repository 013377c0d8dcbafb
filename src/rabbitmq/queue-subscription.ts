import { AMQPChannelError, type AsyncMessage, type Channel } from 'rabbitmq-client';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import type { RabbitConnection } from './connection/connection.ts';

/** What becomes of a delivery: done with, or to be delivered again. */
export type Settlement = 'acknowledge' | 'requeue';

export interface QueueSubscriptionParts {
  readonly queue: string;
  /** Called in the order of delivery. Must not throw or reject. */
  readonly handle: (message: AsyncMessage) => Promise<Settlement>;
  /** Keeps a message whose queue was deleted while it was at work. Must not throw or reject. */
  readonly putBack: (message: AsyncMessage) => Promise<void>;
  /**
   * Called when nothing more is delivered, because RabbitMQ deleted the queue or closed the channel: it
   * gave a reason then; or because the connection was lost: null.
   */
  readonly onEnd: (reason: string | null) => void;
  /** Called when a delivery is settled that was still at work when the subscription ended. */
  readonly onLateSettlement: () => void;
}

/**
 * Has RabbitMQ always tell a consumer when its queue is gone. RabbitMQ before 4.0 otherwise keeps the
 * consumer if somebody has declared the queue again before its channel heard of the deletion, gives it
 * messages, and delivers none of them: they stay unacknowledged for as long as the channel lives. It
 * knows the argument for classic queues, and refuses it for others. RabbitMQ 4 ignores it.
 */
const toldOfDeletion = { 'x-cancel-on-ha-failover': true };

/**
 * What one channel delivers from one queue. It ends when the queue is deleted or the channel is lost;
 * work on what it delivered before goes on, and is acknowledged where the channel is still there.
 */
export class QueueSubscription {
  readonly queue: string;
  /** Does RabbitMQ always tell it of a deletion? If not, it may miss one that is followed by a declaration at once. */
  readonly isTold: boolean;
  readonly #parts: QueueSubscriptionParts;
  readonly #channel: Channel;
  readonly #consumerTags: string[] = [];
  readonly #atWork = new Set<Promise<void>>();
  #prefetch = 0;
  #ended = false;
  #deleted = false;

  private constructor(channel: Channel, parts: QueueSubscriptionParts, isTold: boolean) {
    this.queue = parts.queue;
    this.isTold = isTold;
    this.#channel = channel;
    this.#parts = parts;
    let reason: string | null = null;
    channel.on('basic.cancel', () => {
      this.#deleted = true;
      this.#end('the queue was deleted');
    });
    channel.on('error', (error: Error) => {
      reason = error.message;
    });
    channel.once('close', () => this.#end(reason));
  }

  /**
   * On a channel of its own.
   *
   * @param places how many deliveries may be under way
   * @param isTold what `isTold` shall be; true is tried first
   * @throws BrokerUnavailable or AMQPError if the queue cannot be consumed
   */
  static async open(
    connection: RabbitConnection,
    parts: QueueSubscriptionParts,
    places: number,
    isTold = true,
  ): Promise<QueueSubscription> {
    const channel = await connection.openChannel();
    try {
      const subscription = new QueueSubscription(channel, parts, isTold);
      await subscription.widen(places);
      return subscription;
    } catch (error) {
      void channel.close();
      if (!isTold || !isInvalidArgument(error)) throw error;
      return QueueSubscription.open(connection, parts, places, false);
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How many deliveries may be under way; after the end, how many still are. */
  get places(): number {
    return this.#ended ? this.#atWork.size : this.#prefetch;
  }

  /** Has so many more deliveries under way. @throws as `open` does */
  async widen(places: number): Promise<void> {
    // The limit is that of the consumer which begins next; earlier ones keep theirs.
    await this.#channel.basicQos({ prefetchCount: places });
    const { consumerTag } = await this.#channel.basicConsume(
      { queue: this.queue, ...(this.isTold && { arguments: toldOfDeletion }) },
      (message) => this.#deliver(message),
    );
    if (this.#ended) throw new BrokerUnavailable('the channel was lost');
    this.#consumerTags.push(consumerTag);
    this.#prefetch += places;
  }

  /** Takes no more deliveries. */
  async cancel(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      for (const consumerTag of this.#consumerTags)
        await this.#channel.basicCancel({ consumerTag });
    } catch {
      // The channel was lost meanwhile, and with it what delivers.
    }
    this.#closeOnceSettled();
  }

  /** Resolves once everything that was delivered is settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#atWork);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }

  #deliver(message: AsyncMessage): void {
    // RabbitMQ may send some more before it knows that the consumer was cancelled.
    if (this.#ended) return this.#settle(message, 'requeue');
    const work = this.#work(message).finally(() => {
      this.#atWork.delete(work);
      if (!this.#ended) return;
      this.#closeOnceSettled();
      this.#parts.onLateSettlement();
    });
    this.#atWork.add(work);
  }

  async #work(message: AsyncMessage): Promise<void> {
    const settlement = await this.#parts.handle(message);
    this.#settle(message, settlement);
    // RabbitMQ drops the message without a word then: it has no queue to put it into.
    if (settlement === 'requeue' && this.#deleted) await this.#parts.putBack(message);
  }

  #settle({ deliveryTag }: AsyncMessage, settlement: Settlement): void {
    // RabbitMQ delivers again what was not acknowledged when a channel was lost.
    if (!this.#channel.active) return;
    if (settlement === 'acknowledge') this.#channel.basicAck({ deliveryTag });
    else this.#channel.basicNack({ deliveryTag, requeue: true });
  }

  #end(reason: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    // Otherwise `open` fails, and its caller tries again after a pause.
    if (this.#prefetch > 0) this.#parts.onEnd(reason);
    this.#closeOnceSettled();
  }

  #closeOnceSettled(): void {
    if (this.#atWork.size === 0) void this.close();
  }
}

function isInvalidArgument(error: unknown): boolean {
  return (
    error instanceof AMQPChannelError &&
    error.code === 'PRECONDITION_FAILED' &&
    error.message.includes('invalid arg')
  );
}
