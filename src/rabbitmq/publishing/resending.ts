import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { backoffMs, pause } from '../../lib/backoff.ts';

const pauses = { firstMs: 100, capMs: 5_000 };

/** The attempts to send one message, which go on until RabbitMQ takes it. */
export class Resending {
  readonly #closing: AbortSignal;
  #attempts = 0;

  /** @param closing once it aborts, nothing is sent again */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  /** Null: RabbitMQ is away, or does not take messages at the moment. */
  async attempt<T>(send: () => Promise<T>): Promise<T | null> {
    this.#attempts++;
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      return null;
    }
  }

  /** @throws BrokerUnavailable when closing, so that the message at work goes back to its queue */
  async pause(): Promise<void> {
    await pause(backoffMs(this.#attempts, pauses), this.#closing);
    if (this.#closing.aborted) throw new BrokerUnavailable('the connection is closing');
  }
}
