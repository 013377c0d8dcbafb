import type { Envelope } from '../../jobs/envelope.ts';
import type { PublishOutcome, Publisher } from '../../jobs/ports/publisher.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { EnvelopeSender } from './envelope-sender.ts';
import { reportQueueOf } from '../topology.ts';

export interface RabbitPublisherOptions {
  readonly connection: RabbitConnection;
  /** Topic, durable; declared if it does not exist. */
  readonly exchange: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The gateway's publisher; actors are told to report to the gateway's report queue. */
export class RabbitPublisher implements Publisher {
  readonly #sender: EnvelopeSender;
  readonly #reportQueue: string;

  constructor({ connection, exchange, log, clock = systemClock }: RabbitPublisherOptions) {
    this.#sender = new EnvelopeSender({ connection, exchange, log, clock });
    this.#reportQueue = reportQueueOf(exchange);
  }

  publish(envelope: Envelope): Promise<PublishOutcome> {
    return this.#sender.send(envelope, this.#reportQueue);
  }

  unavailable(): string | null {
    return this.#sender.unavailable();
  }

  onAvailable(listener: () => void): void {
    this.#sender.onAvailable(listener);
  }
}
