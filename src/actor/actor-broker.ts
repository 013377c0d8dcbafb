import type { CalledOffJob } from '../jobs/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import type { EpochMs } from '../jobs/job.ts';
import type { Report } from '../wire/report.ts';

/** A message as an actor takes it from its queue. */
export interface Delivery {
  readonly envelope: Envelope;
  /** The queue that wants reports on this job; null: nobody asked for any. */
  readonly replyTo: string | null;
  /** It was delivered before, perhaps worked on: the job id is the deduplication key. */
  readonly redelivered: boolean;
}

/** No queue takes messages for a step; trying again soon would not help. */
export class Unroutable extends Error {
  override readonly name = 'Unroutable';

  constructor(step: string) {
    super(`no queue takes messages for step "${step}"`);
  }
}

/** The broker will never take this message, such as one that is too large. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** What an actor needs of a broker: RabbitMQ, or the one in this process. */
export interface ActorBroker {
  /**
   * Takes messages from a step's queue, at most `concurrency` at a time; declares and binds the
   * queue if it is not there. A message is acknowledged when `handle` resolves and comes again when
   * it rejects. What cannot be read, or is rejected with Refused, goes to the dead-letter queue.
   */
  consume(
    step: string,
    concurrency: number,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void>;

  /**
   * Sends an envelope to its current step's queue; resolves when the broker confirmed it.
   *
   * @throws Unroutable, Refused
   */
  forward(envelope: Envelope, replyTo: string | null): Promise<void>;

  /**
   * Sends a report to a queue by its name; resolves when the broker confirmed it. An outcome and a
   * question are kept over a restart of the broker, since the message is acknowledged for them, and
   * are sent until it takes them. Signs of life are sent once.
   *
   * @param deadline of the job: if its queue is still missing then, the report is given up. Default:
   *   there is none
   * @throws Refused
   * @throws BrokerUnavailable if it was given up
   */
  report(replyTo: string, report: Report, deadline?: EpochMs | null): Promise<void>;

  /**
   * Sends a sign of life, which may get lost, and waits a little for the gateway's word on its job.
   *
   * @returns whether work on the job is still of use; true if nothing is known. Never rejects
   */
  inquire(replyTo: string, report: Report): Promise<boolean>;

  /** Resolves once the reports of this turn of the event loop are on their way, confirmed or not. */
  flush(): Promise<void>;

  /** Tells of every job that the gateway calls off, as far as it is heard of. */
  onCalledOff(listener: (job: CalledOffJob) => void): void;

  /** Takes no new messages, waits for the handlers at work, then disconnects. May be called twice. */
  close(): Promise<void>;
}

/** A broker that actors of the gateway's own process can connect to. */
export interface ActorConnector {
  connectActors(): Promise<ActorBroker>;
}
