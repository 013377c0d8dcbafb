import type { EpochMs, JobUpdate } from '../../jobs/job.ts';

/**
 * When a wait for a job is over. It stands still while the job waits for input, because people take
 * their time to answer.
 *
 * It goes by the job's updates and their times alone. So every replica comes to the same, whether it
 * sees the updates as they happen or reads them later.
 */
export class PatienceClock {
  #until: EpochMs;
  /** Since when it stands still; null: it runs. */
  #stoodSince: EpochMs | null = null;

  /** @param until when the wait is over if the job asks for nothing; Infinity: never */
  constructor(until: EpochMs) {
    this.#until = until;
  }

  /** When the wait is over, as far as it is known. */
  get until(): EpochMs {
    return this.#until;
  }

  get standsStill(): boolean {
    return this.#stoodSince !== null;
  }

  /** Takes the job's next update into account. */
  see({ status, timestamp }: Pick<JobUpdate, 'status' | 'timestamp'>): void {
    if (this.#stoodSince !== null) this.#until += timestamp - this.#stoodSince;
    const asks = status === 'InputRequired' && timestamp < this.#until;
    this.#stoodSince = asks ? timestamp : null;
  }

  /** Milliseconds until the wait is over, at least 0; Infinity while it stands still. */
  msLeft(now: EpochMs): number {
    return this.standsStill ? Infinity : Math.max(this.#until - now, 0);
  }
}
