import { setTimeout as pause } from 'node:timers/promises';
import type { ChildClaim } from '../jobs/child.ts';
import type { JobEvent } from '../jobs/event.ts';
import { StoreUnavailable, type ApplyOutcome } from '../jobs/job-store.ts';
import { BrokerUnavailable } from '../jobs/publisher.ts';
import type { ReportFate } from '../jobs/report-fate.ts';
import { MalformedReport, parseReport, type ParsedReport } from '../wire/report.ts';
import { Overloaded } from '../lib/batcher.ts';
import { JsonError, parseJson } from '../lib/json-parse.ts';
import type { Log } from '../lib/log.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';

/** @param child not null: if nobody knows the job, it is a fan-out child */
export type ApplyReport = (
  jobId: string,
  event: JobEvent,
  child: ChildClaim | null,
) => Promise<ApplyOutcome>;

interface Parts {
  readonly apply: ApplyReport;
  readonly log: Log;
  /** Keeps a report that cannot be read or applied. */
  readonly bury: (body: string, reason: string) => void;
  readonly onFate: (fate: ReportFate) => void;
  /** Pause before a report is applied again after an outage. */
  readonly retryMs: number;
}

/**
 * Applies what actors report. Taking a report in is applying it: an actor that waits for its report
 * waits for the store, so nothing piles up here.
 */
export class ReportInbox {
  readonly #parts: Parts;
  /** The newest report of each job; the next one waits for it, so that a retry cannot change the order. */
  readonly #newest = new Map<string, Promise<void>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the report is applied, refused by its job, or buried.
   *
   * @param closing the sender waits no longer for an outage of the store to end
   * @throws BrokerUnavailable if `closing` aborts during an outage
   */
  async add(body: string, closing: AbortSignal): Promise<void> {
    let report: ParsedReport;
    try {
      const value = parseJson(body);
      report = parseReport(hasUnstorable(body) ? makeStorable(value) : value);
    } catch (error) {
      if (!(error instanceof MalformedReport || error instanceof JsonError)) throw error;
      this.#bury(body, error.message);
      return;
    }
    const { jobId } = report;
    const before = this.#newest.get(jobId) ?? Promise.resolve();
    const applied = before
      .catch(() => {})
      .then(() => this.#apply(report, body, closing))
      .finally(() => {
        if (this.#newest.get(jobId) === applied) this.#newest.delete(jobId);
      });
    this.#newest.set(jobId, applied);
    await applied;
  }

  async #apply(report: ParsedReport, body: string, closing: AbortSignal): Promise<void> {
    const { jobId, event, child = null } = report;
    const { apply, log, onFate, retryMs } = this.#parts;
    for (;;) {
      try {
        const outcome = await apply(jobId, event, child);
        if (outcome.kind !== 'applied') log.debug({ jobId, event: event.type, outcome }, 'report');
        onFate(outcome.kind === 'applied' ? 'applied' : 'refused');
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable || error instanceof Overloaded)) {
          this.#bury(body, String(error));
          return;
        }
        log.warn({ err: error, jobId }, 'a report waits for the store');
      }
      await pause(retryMs, undefined, { signal: closing }).catch(() => {
        throw new BrokerUnavailable('closed before the store took the report');
      });
    }
  }

  #bury(body: string, reason: string): void {
    this.#parts.log.error({ reason }, 'a report went to the dead letters');
    this.#parts.bury(body, reason);
    this.#parts.onFate('dead-lettered');
  }
}
