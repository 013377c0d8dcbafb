import type { ActorBroker, ActorConnector } from '../actor/actor-broker.ts';
import type { Broker, CalledOffJob, ReportListener } from '../jobs/ports/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import type { PublishOutcome } from '../jobs/ports/publisher.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { ReportIntake } from '../wire/report-intake.ts';
import { reportQueue } from '../wire/report-queue.ts';
import { ActivityReplies } from './reports/activity-replies.ts';
import { connectActorBroker } from './actors/actor-broker.ts';
import { RabbitAnnouncer } from './publishing/announcer.ts';
import { RabbitConnection } from './connection/connection.ts';
import { DeadLetters } from './reports/dead-letters.ts';
import { endQueues } from './reports/end-queues.ts';
import { RabbitPublisher } from './publishing/publisher.ts';
import { PutBack } from './publishing/put-back.ts';
import { ReportConsumer } from './reports/report-consumer.ts';
import { reportQueueOf } from './topology.ts';

export interface RabbitBrokerOptions {
  readonly url: string;
  readonly exchange: string;
  /** Also consume what end actors would. */
  readonly consumeEndQueues: boolean;
  /** Takes what actors report. */
  readonly intake: ReportIntake;
  /** May an actor (still) work on this job? Absent: actors that ask are not told. */
  readonly isActive?: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly onReport?: ReportListener;
  readonly clock: Clock;
  readonly log: Log;
}

/** Most bytes of reports that wait for their turn, or for an outage of the store to end. */
const maxHeldBytes = 32 * 1_048_576;

/** The gateway's side of RabbitMQ: envelopes go out, reports come in. */
export class RabbitBroker implements Broker, ActorConnector {
  readonly #options: RabbitBrokerOptions;
  readonly #publishing: RabbitConnection;
  readonly #consuming: RabbitConnection;
  readonly #publisher: RabbitPublisher;
  readonly #announcer: RabbitAnnouncer;
  readonly #consumers: readonly ReportConsumer[];

  constructor(options: RabbitBrokerOptions) {
    const { url, exchange, consumeEndQueues, intake, isActive, onReport, clock, log } = options;
    this.#options = options;
    this.#publishing = new RabbitConnection({ url, name: 'asya gateway, publishing', log });
    this.#consuming = new RabbitConnection({
      url,
      name: 'asya gateway, consuming',
      log,
      maxHeldBytes,
    });
    this.#publisher = new RabbitPublisher({ connection: this.#publishing, exchange, clock, log });
    this.#announcer = new RabbitAnnouncer({ connection: this.#publishing, exchange, log });
    const deadLetters = new DeadLetters({ connection: this.#publishing, exchange, log });
    const putBack = new PutBack({ connection: this.#publishing, log });
    const replies =
      isActive && new ActivityReplies({ connection: this.#publishing, isActive, log });
    const connection = this.#consuming;
    const parts = { connection, exchange, intake, deadLetters, putBack, replies, onReport, log };
    const ends = consumeEndQueues ? endQueues : [];
    this.#consumers = [
      new ReportConsumer(parts, reportQueue(reportQueueOf(exchange)), []),
      ...ends.map((end) => new ReportConsumer(parts, end, [end.queue])),
    ];
  }

  /** Goes on in the background if RabbitMQ is away. */
  async start(): Promise<void> {
    await Promise.all([this.#publishing.start(), this.#consuming.start()]);
    await Promise.all(this.#consumers.map((consumer) => consumer.start()));
  }

  /** Stops the consumers of reports first, so that dead letters can still be sent. */
  async stop(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await Promise.all([this.#consuming.stop(), this.#publishing.stop()]);
  }

  publish(envelope: Envelope): Promise<PublishOutcome> {
    return this.#publisher.publish(envelope);
  }

  unavailable(): string | null {
    return this.#publisher.unavailable();
  }

  onAvailable(listener: () => void): void {
    this.#publisher.onAvailable(listener);
  }

  calledOff(job: CalledOffJob): void {
    this.#announcer.calledOff(job);
  }

  /** False also while RabbitMQ blocks publishers: an alarm silences the actors, too. */
  canHear(): boolean {
    return this.#consuming.connected && this.unavailable() === null;
  }

  connectActors(): Promise<ActorBroker> {
    const { url, exchange, clock, log } = this.#options;
    return connectActorBroker({ url, exchange, clock, log });
  }
}
