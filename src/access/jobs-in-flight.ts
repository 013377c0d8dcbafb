import type { Clock } from '../lib/clock.ts';

interface OwnerCount {
  /** As it was counted last. */
  counted: number;
  /** Jobs made since, here or on other replicas. */
  since: number;
  /** When the owner last called, in milliseconds since the epoch. */
  calledAt: number;
  /** Resolves once its jobs were counted for the first time. */
  known: Promise<void>;
}

interface JobsInFlightOptions {
  /** Most unfinished jobs of an owner. Null: it is not limited. */
  readonly limitOf: (owner: string) => number | null;
  /** Counts unfinished jobs of owners, each up to its limit; an owner without any may be missing. */
  readonly count: (limits: ReadonlyMap<string, number>) => Promise<ReadonlyMap<string, number>>;
  readonly clock: Clock;
}

/** An owner that has not called for this long is forgotten. */
const forgetAfterMs = 60_000;

/**
 * Limits the unfinished jobs of each owner. They are counted once a second for all owners that call,
 * and in between the jobs that are made are added. Jobs that finish count until the next time, so an
 * owner may be refused for a second too long, but the limit holds.
 */
export class JobsInFlight {
  readonly #options: JobsInFlightOptions;
  readonly #usages = new Map<string, OwnerCount>();

  constructor(options: JobsInFlightOptions) {
    this.#options = options;
  }

  /**
   * Whether an owner may make another job. Counts the jobs of an owner that was not seen lately.
   *
   * @throws what `count` throws
   */
  async allows(owner: string): Promise<boolean> {
    const { limitOf, clock } = this.#options;
    const limit = limitOf(owner);
    if (limit === null) return true;
    let usage = this.#usages.get(owner);
    if (usage === undefined) {
      usage = { counted: 0, since: 0, calledAt: clock(), known: Promise.resolve() };
      this.#usages.set(owner, usage);
      usage.known = this.#countFirst(owner);
    }
    await usage.known;
    usage.calledAt = clock();
    return usage.counted + usage.since < limit;
  }

  /** Notes jobs that an owner made, here or on another replica. */
  made(owner: string, jobs: number): void {
    const usage = this.#usages.get(owner);
    if (usage !== undefined) usage.since += jobs;
  }

  /** Counts anew, for every owner that called lately. To be called once a second. */
  async refresh(): Promise<void> {
    const oldest = this.#options.clock() - forgetAfterMs;
    for (const [owner, { calledAt }] of this.#usages) {
      if (calledAt < oldest) this.#usages.delete(owner);
    }
    if (this.#usages.size > 0) await this.#countOf([...this.#usages.keys()]);
  }

  /** An owner that could not be counted is forgotten, so that its next call counts again. */
  async #countFirst(owner: string): Promise<void> {
    try {
      await this.#countOf([owner]);
    } catch (error) {
      this.#usages.delete(owner);
      throw error;
    }
  }

  async #countOf(owners: readonly string[]): Promise<void> {
    const { limitOf, count } = this.#options;
    const limits = new Map(owners.map((owner) => [owner, limitOf(owner) ?? 0]));
    const before = new Map(owners.map((owner) => [owner, this.#usages.get(owner)?.since ?? 0]));
    const counts = await count(limits);
    for (const owner of owners) {
      const usage = this.#usages.get(owner);
      if (usage === undefined) continue;
      usage.counted = counts.get(owner) ?? 0;
      // Those made while the count ran may or may not be in it. They are added, to be safe.
      usage.since -= before.get(owner) ?? 0;
    }
  }
}
