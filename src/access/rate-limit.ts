import type { Clock } from '../lib/clock.ts';

/** How often an owner may call. */
export interface Rate {
  readonly callsPerSecond: number;
  /** Calls that may come at once after a quiet time. */
  readonly burst: number;
}

interface Bucket {
  /** Calls that may be made now. Below 0 after others, on other replicas, took more than there was. */
  tokens: number;
  /** When `tokens` was right, in milliseconds since the epoch. */
  at: number;
}

interface RateLimiterOptions {
  /** Null: this owner is not limited. */
  readonly rateOf: (owner: string) => Rate | null;
  readonly clock: Clock;
}

/**
 * Limits the calls of each owner by a token bucket. Every replica has its own buckets, and tells the
 * others now and then what it took (`collect`), which they take from theirs (`debit`). So no call
 * waits for another process, the long-run average holds over all replicas, and in between at most one
 * burst a replica is too many.
 */
export class RateLimiter {
  readonly #rateOf: (owner: string) => Rate | null;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #taken = new Map<string, number>();

  constructor({ rateOf, clock }: RateLimiterOptions) {
    this.#rateOf = rateOf;
    this.#clock = clock;
  }

  /**
   * Takes calls of an owner, all of them or none.
   *
   * @returns null if they may be made, else the milliseconds until they may
   */
  take(owner: string, calls = 1): number | null {
    const rate = this.#rateOf(owner);
    if (rate === null) return null;
    const bucket = this.#filled(owner, rate);
    // More calls at once than the bucket ever holds are let through when it is full.
    const wanted = Math.min(calls, rate.burst);
    if (bucket.tokens < wanted) {
      const ms = ((wanted - bucket.tokens) * 1000) / rate.callsPerSecond;
      // Sums of fractions are off by less than this.
      return Math.ceil(ms - 1e-6);
    }
    bucket.tokens -= calls;
    this.#taken.set(owner, (this.#taken.get(owner) ?? 0) + calls);
    return null;
  }

  /** Takes calls that another replica let through. */
  debit(owner: string, calls: number): void {
    const rate = this.#rateOf(owner);
    if (rate !== null) this.#filled(owner, rate).tokens -= calls;
  }

  /** What was let through here since the last time. Forgets the buckets that are full. */
  collect(): ReadonlyMap<string, number> {
    const taken = this.#taken;
    this.#taken = new Map();
    for (const owner of this.#buckets.keys()) {
      const rate = this.#rateOf(owner);
      if (rate === null || this.#filled(owner, rate).tokens >= rate.burst) {
        this.#buckets.delete(owner);
      }
    }
    return taken;
  }

  #filled(owner: string, { callsPerSecond, burst }: Rate): Bucket {
    const now = this.#clock();
    let bucket = this.#buckets.get(owner);
    if (bucket === undefined) {
      bucket = { tokens: burst, at: now };
      this.#buckets.set(owner, bucket);
    }
    const seconds = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(burst, bucket.tokens + seconds * callsPerSecond);
    bucket.at = now;
    return bucket;
  }
}
