import { setTimeout as timer } from 'node:timers/promises';
import type { ActorReport } from '../jobs/engine/actor-reports.ts';
import { StoreUnavailable, type ApplyOutcome } from '../jobs/ports/job-store.ts';
import { backoffMs, pause, type BackoffOptions } from '../lib/backoff.ts';
import { Overloaded } from '../lib/batcher.ts';
import type { Log } from '../lib/log.ts';
import { untilAborted } from '../lib/until-aborted.ts';

export interface ReportCommitsOptions {
  /**
   * Commits what a report says.
   *
   * @throws StoreUnavailable or Overloaded if it may succeed later
   */
  readonly take: (report: ActorReport) => Promise<ApplyOutcome>;
  readonly log: Log;
  /** Pauses before a report is tried again. Default: 100 ms, doubling up to 5 s. */
  readonly retrying?: BackoffOptions;
}

export interface CommitOptions {
  /** The store may be away because of this report alone: it takes too long to store it. */
  readonly isLarge: boolean;
  /** Ends the wait for the store. */
  readonly signal: AbortSignal;
}

/** A report that the store refuses again and again must not be in its batches for ever. */
const maxTries = 5;

/** A large report that the store cannot commit in time takes its time at every try, so there are fewer. */
const maxTriesOfLarge = 2;

/** Commits reports one after another, and waits out the outages of the store. */
export class ReportCommits {
  readonly #options: ReportCommitsOptions;
  readonly #retrying: BackoffOptions;
  #outage: Promise<void> | null = null;
  /** How often the store failed since it took a report. */
  #failures = 0;
  /** How many reports the store took. */
  #taken = 0;

  constructor(options: ReportCommitsOptions) {
    this.#options = options;
    this.#retrying = options.retrying ?? { firstMs: 100, capMs: 5_000 };
  }

  /**
   * Tries once even if the signal has aborted, unless the store is known to be away: a last report comes
   * while its sender closes.
   *
   * @returns null if the signal aborted before the store took the report
   * @throws what the store says of this report, again and again
   */
  async commit(
    report: ActorReport,
    { isLarge, signal }: CommitOptions,
  ): Promise<ApplyOutcome | null> {
    let tried = false;
    for (let tries = 1; ; tried = true) {
      while (this.#outage !== null && !signal.aborted) await untilAborted(this.#outage, signal);
      if (signal.aborted && (tried || this.#outage !== null)) return null;
      const takenBefore = this.#taken;
      try {
        const outcome = await this.#options.take(report);
        this.#taken++;
        this.#failures = 0;
        this.#logUnlessApplied(report, outcome);
        return outcome;
      } catch (error) {
        if (isOutage(error)) {
          const storeTakesOthers = this.#taken > takenBefore;
          if (isLarge && storeTakesOthers && tries++ >= maxTriesOfLarge) throw error;
          this.#outage ??= this.#waitOut(error);
        } else {
          if (tries++ >= maxTries) throw error;
          await pause(backoffMs(tries - 1, this.#retrying), signal);
        }
      }
    }
  }

  /** One wait for all reports: those that go on together keep their order. */
  async #waitOut(error: unknown): Promise<void> {
    if (++this.#failures === 1) {
      this.#options.log.warn({ err: error }, 'reports wait for the store');
    }
    await timer(backoffMs(this.#failures, this.#retrying), undefined, { ref: false });
    this.#outage = null;
  }

  #logUnlessApplied({ jobId, event }: ActorReport, outcome: ApplyOutcome): void {
    if (outcome.kind === 'applied') return;
    const refusal = outcome.kind === 'refused' ? outcome.refusal : 'unknown';
    const level = refusal === 'conflict' ? 'warn' : 'debug';
    this.#options.log[level]({ jobId, event: event.type, refusal }, 'an event changed nothing');
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof Overloaded;
}
