import type { CalledOffJob } from '../jobs/ports/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import type { EpochMs } from '../jobs/job.ts';
import type { Report } from '../wire/report.ts';

/** A message that an actor took from its queue. */
export interface Delivery {
  readonly envelope: Envelope;
  /** The queue for reports on this job. Null: nobody wants reports. */
  readonly replyTo: string | null;
  /** The message was delivered before, and may have been worked on. */
  readonly redelivered: boolean;
}

/** No queue takes the messages for a step, and none has turned up while it was tried again. */
export class Unroutable extends Error {
  override readonly name = 'Unroutable';

  constructor(step: string) {
    super(`no queue takes messages for step "${step}"`);
  }
}

/** The broker never takes this message, for example because it is too large. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** What an actor needs of a broker: RabbitMQ, or the one in this process. */
export interface ActorBroker {
  /**
   * Takes messages from the queue of a step, at most `concurrency` at a time. Declares and binds the
   * queue if it is missing. A message is acknowledged when `handle` resolves, and is delivered again
   * when `handle` rejects. Two kinds of messages become dead letters: those that cannot be read, and
   * those that `handle` rejects with Refused.
   */
  consume(
    step: string,
    concurrency: number,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void>;

  /**
   * Sends an envelope to the queue of its current step. Resolves once the broker has confirmed it.
   *
   * @throws Unroutable, Refused
   */
  forward(envelope: Envelope, replyTo: string | null): Promise<void>;

  /**
   * Sends a report to a queue by its name. Resolves once the broker has confirmed it. An outcome and a
   * question are sent until the broker takes them, and outlive its restarts, because the message is
   * acknowledged for them. Signs of life are sent once.
   *
   * @param deadline of the job. A report whose queue is still missing then is given up. Default: none
   * @throws Refused
   * @throws BrokerUnavailable if it was given up
   */
  report(replyTo: string, report: Report, deadline?: EpochMs | null): Promise<void>;

  /**
   * Sends a sign of life, which may get lost, and waits some seconds for the gateway's reply.
   *
   * Never rejects.
   *
   * @returns whether work on the job is still of use. True if no gateway replies in time
   */
  inquire(replyTo: string, report: Report): Promise<boolean>;

  /** Resolves once the reports of this turn of the event loop have been sent, confirmed or not. */
  flush(): Promise<void>;

  /** The listener is told of jobs that the gateway calls off. It misses those of an outage. */
  onCalledOff(listener: (job: CalledOffJob) => void): void;

  /** Takes no new messages, waits for the handlers at work, and disconnects. May be called twice. */
  close(): Promise<void>;
}

/** A broker that actors of the gateway's own process can connect to. */
export interface ActorConnector {
  connectActors(): Promise<ActorBroker>;
}
