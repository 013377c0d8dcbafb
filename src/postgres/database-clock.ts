import type { EpochMs } from '../jobs/job.ts';

/**
 * The database's time, which is the same for all gateways: their machines' clocks differ, and are set
 * while they run. Between two looks at it, time goes on by this process's monotonic clock.
 */
export class DatabaseClock {
  /** The database's time when the monotonic clock showed 0; until the first look, this machine's. */
  #origin = Date.now() - performance.now();
  #looked = false;

  now(): EpochMs {
    return Math.floor(this.#origin + performance.now());
  }

  /**
   * Looks at the database's time, which was read at some instant of the call. What the look cannot
   * tell for sure is left as it is, so that time does not jitter.
   *
   * @returns by how much the time was corrected, in milliseconds
   */
  async look(read: () => Promise<EpochMs>): Promise<number> {
    const before = performance.now();
    const time = await read();
    const after = performance.now();
    const origin = time - (before + after) / 2;
    const correction = origin - this.#origin;
    if (this.#looked && Math.abs(correction) <= after - before) return 0;
    this.#looked = true;
    this.#origin = origin;
    return correction;
  }
}
