import type { Envelope } from '../jobs/envelope.ts';
import type { ProgressBody, Report } from '../wire/report.ts';
import type { Log } from '../lib/log.ts';
import type { ActorBroker, Delivery } from './actor-broker.ts';
import { addressOf, reportText } from './report-parts.ts';

/** What the handler said last. Heartbeats repeat it, because one without a message removes the message. */
interface Told {
  readonly message?: string;
  readonly percent?: number;
}

interface ReporterParts {
  readonly broker: ActorBroker;
  readonly delivery: Delivery;
  readonly step: string;
  readonly log: Log;
  /** Called if the job turns out to take no outcome any more. */
  readonly onUseless: () => void;
}

/**
 * Tells the gateway how the work on one message goes. Never rejects, because a lost report must not end
 * the work. Reports are sent in the order of the calls, also if nobody waits for them.
 */
export class Reporter {
  readonly #broker: ActorBroker;
  readonly #delivery: Delivery;
  readonly #step: string;
  readonly #log: Log;
  readonly #onUseless: () => void;
  #status: 'picked_up' | 'processing' = 'picked_up';
  #told: Told = {};
  #beating = false;
  #leaving = false;

  constructor({ broker, delivery, step, log, onUseless }: ReporterParts) {
    this.#broker = broker;
    this.#delivery = delivery;
    this.#step = step;
    this.#log = log;
    this.#onUseless = onUseless;
  }

  /**
   * Says that the work begins. If the message was delivered before, its job may be over, so this asks the
   * gateway whether the work is still of use.
   *
   * @returns false if it is not
   */
  async pickedUp(): Promise<boolean> {
    const report = this.#progressOf(this.#delivery.envelope, 'received', {});
    if (this.#delivery.redelivered) return this.#inquire(report);
    void this.#tell(report);
    return true;
  }

  /** @param percent of the step. What is beyond 0 or 100 becomes 0 or 100. Undefined or NaN: as before */
  async processing(percent = NaN, message?: unknown): Promise<void> {
    const known = Number.isNaN(percent) ? this.#told.percent : Math.min(Math.max(percent, 0), 100);
    this.#told = {
      ...(message !== undefined && { message: reportText(message) }),
      ...(known !== undefined && { percent: known }),
    };
    this.#status = 'processing';
    await this.#progress(this.#delivery.envelope, 'processing', this.#told);
  }

  async heartbeat(): Promise<void> {
    // In an outage one heartbeat waits, and more would only queue up behind it.
    if (this.#beating || this.#leaving) return;
    this.#beating = true;
    const report: Report = {
      type: 'heartbeat',
      ...addressOf(this.#delivery.envelope),
      actor_name: this.#step,
      step_index: this.#delivery.envelope.current,
      status: this.#status,
      ...this.#told,
    };
    if (!this.#delivery.redelivered) await this.#tell(report);
    else if (!(await this.#inquire(report)) && !this.#leaving) this.#onUseless();
    this.#beating = false;
  }

  /** Ends the heartbeats: the message goes on. After another one the gateway would expect more. */
  leaves(): void {
    this.#leaving = true;
    this.goesOn(this.#delivery.envelope);
  }

  /** Ends the heartbeats: the job waits for answers. */
  pauses(): void {
    this.#leaving = true;
  }

  /** Says that this step is completed, unless it is the last. The message may be that of a child. */
  goesOn(envelope: Envelope): void {
    if (envelope.current + 1 < envelope.steps.length) {
      void this.#progress(envelope, 'completed', {});
    }
  }

  #progress(envelope: Envelope, status: ProgressBody['status'], told: Told): Promise<void> {
    return this.#tell(this.#progressOf(envelope, status, told));
  }

  #progressOf(envelope: Envelope, status: ProgressBody['status'], told: Told): Report {
    return {
      type: 'progress',
      ...addressOf(envelope),
      step: this.#step,
      step_index: envelope.current,
      total_steps: envelope.steps.length,
      actor_name: this.#step,
      status,
      ...told,
    };
  }

  async #inquire(report: Report): Promise<boolean> {
    const { replyTo } = this.#delivery;
    return replyTo === null || this.#broker.inquire(replyTo, report);
  }

  async #tell(report: Report): Promise<void> {
    const { replyTo } = this.#delivery;
    if (replyTo === null) return;
    try {
      await this.#broker.report(replyTo, report);
    } catch (error) {
      this.#log.warn({ err: error, report: report.type }, 'a report was lost');
    }
  }
}
