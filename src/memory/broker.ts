import type { ActorBroker, ActorConnector } from '../actor/actor-broker.ts';
import type { Broker, CalledOffJob, ReportFate, ReportListener } from '../jobs/ports/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import type { PublishOutcome } from '../jobs/ports/publisher.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { encodeEnvelope } from '../wire/envelope-codec.ts';
import type { ReportIntake } from '../wire/report-intake.ts';
import { reportQueue as sourceOf } from '../wire/report-queue.ts';
import { ActorConnection } from './actor-connection.ts';
import { Queues, type BuriedMessage } from './queues.ts';
import { ReportInbox } from './report-inbox.ts';

/** What actors are given as `replyTo`. */
const reportQueue = 'asya.reports';

export interface MemoryBrokerOptions {
  /** Takes what actors report. */
  readonly intake: ReportIntake;
  /** May an actor (still) work on this job? Absent: nothing is known, and it may. */
  readonly isActive?: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly onReport?: ReportListener;
  readonly log: Log;
  readonly clock?: Clock;
  /** Most messages in one queue; beyond it a publish throws BrokerUnavailable. Default 10,000. */
  readonly maxQueuedMessages?: number;
  /** Most bytes in one queue; beyond it as with messages. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Pause before a message whose handler failed is delivered again. Default 1,000. */
  readonly redeliverMs?: number;
}

/**
 * The broker inside the gateway's process: queues, redelivery and reports as actors know them from
 * RabbitMQ, but gone with the process. For trying things out, and for tests.
 */
export class MemoryBroker implements Broker, ActorConnector {
  readonly #options: MemoryBrokerOptions;
  readonly #queues: Queues;
  readonly #reports: ReportInbox;
  readonly #listeners = new Set<() => void>();
  readonly #connections = new Set<ActorConnection>();
  readonly #stopping = new AbortController();

  constructor(options: MemoryBrokerOptions) {
    this.#options = options;
    const { intake, onReport, log, maxQueuedMessages = 10_000 } = options;
    const { maxQueuedBytes = 64 * 1_048_576 } = options;
    this.#queues = new Queues(maxQueuedMessages, maxQueuedBytes, () => {
      for (const listener of this.#listeners) listener();
    });
    const bury = (body: Buffer, reason: string) =>
      this.#queues.bury({ queue: reportQueue, body, reason });
    const onFate = (fate: ReportFate) => onReport?.(reportQueue, fate);
    this.#reports = new ReportInbox({ intake, source: sourceOf(reportQueue), log, bury, onFate });
  }

  async start(): Promise<void> {
    this.#options.log.info('queues are kept in memory: only actors in this process are reached');
  }

  /** Closes the connections that are still open, and waits for commits under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    await this.#reports.idle();
  }

  async publish(envelope: Envelope): Promise<PublishOutcome> {
    const step = envelope.steps[envelope.current];
    if (step === undefined) return 'refused';
    const message = {
      body: encodeEnvelope(envelope),
      replyTo: reportQueue,
      expiresAt: envelope.deadline,
    };
    return this.#queues.send(step, message) ? 'confirmed' : 'unroutable';
  }

  /** Always null: a full queue concerns one step, and messages for the others can be published. */
  unavailable(): null {
    return null;
  }

  /** The listener is called when a full queue takes messages again. */
  onAvailable(listener: () => void): void {
    this.#listeners.add(listener);
  }

  calledOff(job: CalledOffJob): void {
    for (const connection of this.#connections) connection.calledOff(job);
  }

  /** Always: its actors are in this process. */
  canHear(): boolean {
    return true;
  }

  async connectActors(): Promise<ActorBroker> {
    return this.connect();
  }

  /** A connection for actors of this process. */
  connect(): ActorBroker {
    const { isActive, clock = systemClock, log, redeliverMs = 1_000 } = this.#options;
    const queues = this.#queues;
    const reports = this.#reports;
    const onClose = () => this.#connections.delete(connection);
    const own = { isActive, clock, log, redeliverMs };
    const connection = new ActorConnection({ queues, reports, reportQueue, ...own, onClose });
    this.#connections.add(connection);
    return connection;
  }

  /**
   * Takes a message of the report queue. Resolves once it is committed, refused by its job, or a dead
   * letter.
   *
   * @throws BrokerUnavailable if the broker stops before the store takes it
   */
  takeReport(body: Buffer): Promise<void> {
    return this.#reports.add(body, this.#stopping.signal);
  }

  /** What could not be used, oldest first; of many the newest are kept. */
  deadLetters(): readonly BuriedMessage[] {
    return this.#queues.deadLetters();
  }
}
