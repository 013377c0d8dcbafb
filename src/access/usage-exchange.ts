import { PeriodicLoop, type Service } from '../lib/service.ts';
import type { Admission } from './admission.ts';
import type { UsageChannel } from './usage.ts';

/** How often replicas tell each other what they let through. */
const tellEveryMs = 250;

/** How often unfinished jobs are counted. */
const countEveryMs = 1_000;

interface UsageExchangeParts {
  readonly admission: Admission;
  /** Null: there are no other replicas. */
  readonly channel: UsageChannel | null;
}

/** Keeps the limits of all replicas together, without a call waiting for another replica. */
export class UsageExchange implements Service {
  readonly #loops: readonly PeriodicLoop[];

  constructor({ admission, channel }: UsageExchangeParts) {
    // What could not be told or counted is, a moment later; meanwhile each replica limits for itself.
    const onError = (): void => {};
    this.#loops = [
      new PeriodicLoop({
        everyMs: tellEveryMs,
        runOnce: async () => channel?.tell(admission.collect()),
        onError,
      }),
      new PeriodicLoop({
        everyMs: countEveryMs,
        runOnce: () => admission.jobs.refresh(),
        onError,
      }),
    ];
  }

  async start(): Promise<void> {
    for (const loop of this.#loops) await loop.start();
  }

  async stop(): Promise<void> {
    for (const loop of this.#loops) await loop.stop();
  }
}
