import type { AsyncMessage } from 'rabbitmq-client';
import type { Settlement } from '../queue-subscription.ts';

interface DeliveryAtWork {
  readonly message: AsyncMessage;
  readonly queue: string;
  readonly settlement: Promise<Settlement>;
}

/**
 * The deliveries that a process works on. RabbitMQ delivers a message again whose channel is lost, while
 * its first delivery may still be at work here: the second one takes the outcome of the first, because
 * otherwise the work would be done twice.
 */
export class DeliveriesAtWork {
  readonly #handle: (message: AsyncMessage, queue: string) => Promise<Settlement>;
  readonly #deliveries = new Set<DeliveryAtWork>();

  /** @param handle begins the work on a message; must not throw or reject */
  constructor(handle: (message: AsyncMessage, queue: string) => Promise<Settlement>) {
    this.#handle = handle;
  }

  handle(message: AsyncMessage, queue: string): Promise<Settlement> {
    const first = message.redelivered ? this.#find(message, queue) : undefined;
    if (first !== undefined) return first.settlement;
    const delivery = { message, queue, settlement: this.#handle(message, queue) };
    this.#deliveries.add(delivery);
    void delivery.settlement.finally(() => this.#deliveries.delete(delivery));
    return delivery.settlement;
  }

  #find({ messageId, body }: AsyncMessage, queue: string): DeliveryAtWork | undefined {
    return [...this.#deliveries].find(
      ({ message, queue: its }) =>
        its === queue && message.messageId === messageId && (body as Buffer).equals(message.body),
    );
  }
}
