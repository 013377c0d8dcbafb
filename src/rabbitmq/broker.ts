import type { ActorBroker } from '../actor/actor-broker.ts';
import type { ReportListener } from '../jobs/report-fate.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Service } from '../lib/service.ts';
import { connectActorBroker } from './actor-broker.ts';
import { RabbitAnnouncer } from './announcer.ts';
import { RabbitConnection } from './connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { createEndQueueConsumer, endQueues } from './end-queue-consumer.ts';
import type { ApplyEvent, EventConsumer } from './event-consumer.ts';
import { RabbitPublisher } from './publisher.ts';
import { PutBack } from './put-back.ts';
import { createReportConsumer } from './report-consumer.ts';

export interface RabbitBrokerOptions {
  readonly url: string;
  readonly exchange: string;
  /** Also consume what end actors would. */
  readonly consumeEndQueues: boolean;
  /** Takes what actors report. */
  readonly apply: ApplyEvent;
  readonly onReport?: ReportListener;
  readonly clock: Clock;
  readonly log: Log;
}

/** The gateway's side of RabbitMQ: envelopes go out, reports come in. */
export class RabbitBroker implements Service {
  readonly publisher: RabbitPublisher;
  readonly announcer: RabbitAnnouncer;
  readonly #options: RabbitBrokerOptions;
  readonly #publishing: RabbitConnection;
  readonly #consuming: RabbitConnection;
  readonly #consumers: readonly EventConsumer[];

  constructor(options: RabbitBrokerOptions) {
    const { url, exchange, consumeEndQueues, apply, onReport, clock, log } = options;
    this.#options = options;
    this.#publishing = new RabbitConnection({ url, name: 'asya gateway, publishing', log });
    this.#consuming = new RabbitConnection({ url, name: 'asya gateway, consuming', log });
    this.publisher = new RabbitPublisher({ connection: this.#publishing, exchange, clock, log });
    this.announcer = new RabbitAnnouncer({ connection: this.#publishing, exchange, log });
    const deadLetters = new DeadLetters({ connection: this.#publishing, exchange, log });
    const putBack = new PutBack({ connection: this.#publishing, log });
    const connection = this.#consuming;
    const parts = { connection, exchange, apply, deadLetters, putBack, onReport, log };
    this.#consumers = [
      createReportConsumer(parts),
      ...(consumeEndQueues ? endQueues.map((end) => createEndQueueConsumer(parts, end)) : []),
    ];
  }

  /** Goes on in the background if RabbitMQ is away. */
  async start(): Promise<void> {
    await Promise.all([this.#publishing.start(), this.#consuming.start()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.start()));
  }

  /** Reports first, so that what follows from them can still be written and sent. */
  async stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await Promise.all([this.#consuming.stop(), this.#publishing.stop()]);
  }

  /** Not while actors cannot send either: an alarm silences them all. */
  canHear(): boolean {
    return this.#consuming.connected && this.publisher.unavailable() === null;
  }

  connectActors(): Promise<ActorBroker> {
    const { url, exchange, clock, log } = this.#options;
    return connectActorBroker({ url, exchange, clock, log });
  }
}
