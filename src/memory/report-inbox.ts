import type { ReportFate } from '../jobs/ports/broker.ts';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import type { Log } from '../lib/log.ts';
import type { ReportIntake, ReportSource } from '../wire/report-intake.ts';

interface Parts {
  readonly intake: ReportIntake;
  readonly source: ReportSource;
  readonly log: Log;
  /** Keeps a report that is unusable. */
  readonly bury: (body: Buffer, reason: string) => void;
  readonly onFate: (fate: ReportFate) => void;
}

/**
 * Brings what actors report to the intake. Taking a report in is committing it: an actor that waits for
 * its report waits for the store, so that nothing piles up here.
 */
export class ReportInbox {
  readonly #parts: Parts;
  readonly #atWork = new Set<Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the report is committed, refused by its job, or kept as a dead letter.
   *
   * @param closing the sender no longer waits for an outage of the store to end
   * @throws BrokerUnavailable if `closing` aborts during an outage
   */
  add(body: Buffer, closing: AbortSignal): Promise<void> {
    const work = this.#take(body, closing).finally(() => this.#atWork.delete(work));
    this.#atWork.add(work);
    return work;
  }

  /** Resolves once nothing is at work. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#atWork);
  }

  async #take(body: Buffer, closing: AbortSignal): Promise<void> {
    const { intake, source, log, bury, onFate } = this.#parts;
    const verdict = await intake.take(body, source, closing);
    switch (verdict.kind) {
      case 'returned':
        throw new BrokerUnavailable('closed before the store took the report');
      case 'unusable':
        log.error({ reason: verdict.reason }, 'a report goes to the dead letters');
        bury(body, verdict.reason);
        return onFate('dead-lettered');
      case 'applied':
      case 'refused':
        return onFate(verdict.kind);
    }
  }
}
