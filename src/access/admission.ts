import type { Clock } from '../lib/clock.ts';
import type { OwnerLimits } from './access-rules.ts';
import { JobsInFlight } from './jobs-in-flight.ts';
import { LimitReached } from './limit-reached.ts';
import { RateLimiter } from './rate-limit.ts';
import type { Usage } from './usage.ts';

interface AdmissionParts {
  /** By the access rules of the moment. */
  readonly limitsOf: (owner: string) => OwnerLimits;
  /** Counts unfinished jobs of owners, each up to its limit; an owner without any may be missing. */
  readonly countJobs: (limits: ReadonlyMap<string, number>) => Promise<ReadonlyMap<string, number>>;
  readonly clock: Clock;
  /** Told of each refusal. */
  readonly onRefusal?: (code: LimitReached['code']) => void;
}

/** Lets owners in up to their limits. */
export class Admission {
  readonly rates: RateLimiter;
  readonly jobs: JobsInFlight;
  readonly #parts: AdmissionParts;
  readonly #streams = new Map<string, number>();
  /** Jobs that were made since they were collected last. */
  #made = new Map<string, number>();

  constructor(parts: AdmissionParts) {
    const { limitsOf, countJobs, clock } = parts;
    this.#parts = parts;
    this.rates = new RateLimiter({ rateOf: (owner) => limitsOf(owner).rate, clock });
    this.jobs = new JobsInFlight({
      limitOf: (owner) => limitsOf(owner).jobsInFlight,
      count: countJobs,
      clock,
    });
  }

  /** Takes one call of an owner's rate. @throws LimitReached */
  takeCall(owner: string): void {
    const waitMs = this.rates.take(owner);
    if (waitMs === null) return;
    const { rate } = this.#parts.limitsOf(owner);
    const limit = `${rate?.callsPerSecond} calls a second, ${rate?.burst} at once`;
    this.#refuse('rate_limited', `the limit is ${limit}: wait before the next call`, waitMs / 1000);
  }

  /** Takes the place of one job. @throws LimitReached, or what counting throws */
  async takeJob(owner: string): Promise<void> {
    if (await this.jobs.allows(owner)) {
      this.jobs.made(owner, 1);
      this.#made.set(owner, (this.#made.get(owner) ?? 0) + 1);
      return;
    }
    const { jobsInFlight } = this.#parts.limitsOf(owner);
    this.#refuse(
      'too_many_jobs',
      `${jobsInFlight} jobs may be unfinished at a time: wait for one of them, or cancel one`,
      1,
    );
  }

  /**
   * Opens an event stream of an owner.
   *
   * @returns is to be called once when it is over
   * @throws LimitReached
   */
  openStream(owner: string): () => void {
    const { streams } = this.#parts.limitsOf(owner);
    const open = this.#streams.get(owner) ?? 0;
    if (streams !== null && open >= streams) {
      this.#refuse('too_many_streams', `${streams} event streams may be open: close one first`, 1);
    }
    this.#streams.set(owner, open + 1);
    return () => {
      const left = (this.#streams.get(owner) ?? 1) - 1;
      if (left > 0) this.#streams.set(owner, left);
      else this.#streams.delete(owner);
    };
  }

  /** What was let through here since the last time. */
  collect(): Usage[] {
    const calls = this.rates.collect();
    const jobs = this.#made;
    this.#made = new Map();
    const owners = new Set([...calls.keys(), ...jobs.keys()]);
    return [...owners].map((owner) => ({
      owner,
      calls: calls.get(owner) ?? 0,
      jobs: jobs.get(owner) ?? 0,
    }));
  }

  /** Takes what another replica let through. */
  heard(usages: readonly Usage[]): void {
    for (const { owner, calls, jobs } of usages) {
      this.rates.debit(owner, calls);
      this.jobs.made(owner, jobs);
    }
  }

  #refuse(code: LimitReached['code'], message: string, retryAfter: number): never {
    this.#parts.onRefusal?.(code);
    throw new LimitReached(code, message, Math.max(1, Math.ceil(retryAfter)));
  }
}
