import { ByteBudget, type Release } from '../lib/byte-budget.ts';
import { largestBody } from './rejected-report.ts';

/** From here on, in bytes, a report is worth waiting for: its commit takes long enough to be felt. */
export const largeReport = 1_048_576;

/** For those below, in bytes. */
const maxSmallBytes = 8 * 1_048_576;

/**
 * The bound on reports that were decoded and are not committed yet, by whatever way they came. A report
 * of 16 MiB is in memory some ten times over until PostgreSQL has it, so that only one of them is at
 * work. Small ones do not wait for it.
 */
export class ReportMemory {
  readonly #large: ByteBudget;
  readonly #small: ByteBudget;

  /** @param maxResultBytes most bytes of one result */
  constructor(maxResultBytes: number) {
    // Whoever waits is bounded: by the prefetch, and by the requests that are read at a time.
    const maxWaiting = Infinity;
    this.#large = new ByteBudget({ maxBytes: largestBody(maxResultBytes), maxWaiting });
    this.#small = new ByteBudget({ maxBytes: maxSmallBytes, maxWaiting });
  }

  /** @returns null if there is no room now */
  tryTake(bytes: number): Release | null {
    return this.#budgetFor(bytes).tryTake(bytes);
  }

  /** @throws Overloaded once the signal aborts */
  take(bytes: number, signal: AbortSignal): Promise<Release> {
    return this.#budgetFor(bytes).take(bytes, signal);
  }

  #budgetFor(bytes: number): ByteBudget {
    return bytes < largeReport ? this.#small : this.#large;
  }
}
