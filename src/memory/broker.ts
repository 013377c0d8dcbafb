import type { ActorBroker } from '../actor/actor-broker.ts';
import type { Announcer, CalledOffJob } from '../jobs/announcer.ts';
import type { Envelope } from '../jobs/envelope.ts';
import { encodeEnvelope } from '../wire/envelope-codec.ts';
import type { Publisher, PublishOutcome } from '../jobs/publisher.ts';
import type { ReportFate, ReportListener } from '../jobs/report-fate.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { ActorConnection } from './actor-connection.ts';
import { Queues, type DeadLetter } from './queues.ts';
import { ReportInbox, type ApplyReport } from './report-inbox.ts';

/** What actors are given as `replyTo`. */
const reportQueue = 'asya.reports';

export interface MemoryBrokerOptions {
  /** Takes what actors report; throws StoreUnavailable in an outage, and is then called again. */
  readonly apply: ApplyReport;
  readonly onReport?: ReportListener;
  readonly log: Log;
  readonly clock?: Clock;
  /** Most messages in one queue; beyond it a publish throws BrokerUnavailable. Default 10,000. */
  readonly maxQueuedMessages?: number;
  /** Most bytes in one queue; beyond it as with messages. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Pause before a failed delivery, or a report during an outage, is tried again. Default 1,000. */
  readonly retryMs?: number;
}

/**
 * The broker inside the gateway's process: queues, redelivery and reports as actors know them from
 * RabbitMQ, but gone with the process. For trying things out, and for tests.
 */
export class MemoryBroker implements Publisher, Announcer {
  readonly #options: MemoryBrokerOptions;
  readonly #queues: Queues;
  readonly #reports: ReportInbox;
  readonly #listeners = new Set<() => void>();
  readonly #connections = new Set<ActorConnection>();

  constructor(options: MemoryBrokerOptions) {
    this.#options = options;
    const { apply, onReport, log, maxQueuedMessages = 10_000, retryMs = 1_000 } = options;
    const { maxQueuedBytes = 64 * 1_048_576 } = options;
    this.#queues = new Queues(maxQueuedMessages, maxQueuedBytes, () => {
      for (const listener of this.#listeners) listener();
    });
    const bury = (body: string, reason: string) =>
      this.#queues.bury({ queue: reportQueue, body, reason });
    const onFate = (fate: ReportFate) => onReport?.(reportQueue, fate);
    this.#reports = new ReportInbox({ apply, log, bury, onFate, retryMs });
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

  /** Always null: a full queue is one step's trouble, and the others go on. */
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

  /** A connection for actors of this process. */
  connect(): ActorBroker {
    const { clock = systemClock, log, retryMs: redeliverMs = 1_000 } = this.#options;
    const queues = this.#queues;
    const reports = this.#reports;
    const onClose = () => this.#connections.delete(connection);
    const parts = { queues, reports, reportQueue, clock, log, redeliverMs, onClose };
    const connection = new ActorConnection(parts);
    this.#connections.add(connection);
    return connection;
  }

  /** What could not be read: the newest 1,000 messages, oldest first. */
  deadLetters(): readonly DeadLetter[] {
    return this.#queues.deadLetters();
  }

  /** Closes the connections that are still open. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }
}
