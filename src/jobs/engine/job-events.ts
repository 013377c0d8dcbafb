import type { Clock } from '../../lib/clock.ts';
import { LanedBatcher } from '../../lib/laned-batcher.ts';
import type { JobEvent } from '../event.ts';
import {
  StoreContended,
  StoreUnavailable,
  type AddressedEvent,
  type ApplyOutcome,
  type JobStore,
} from '../ports/job-store.ts';
import { sizeOfEvent } from '../size.ts';

/** Told what a batch of events came to, after the commit. Must not throw, and nobody waits for it. */
export type CommitListener = (outcomes: readonly ApplyOutcome[]) => void;

interface JobEventsParts {
  readonly store: Pick<JobStore, 'apply'>;
  readonly clock: Clock;
  /** Told in this order. */
  readonly afterCommit: readonly CommitListener[];
}

/**
 * The only way an event reaches a job. It gathers concurrent events into one commit and then tells
 * everybody who has to know, so that no part of the gateway can end a job in silence. A large result is
 * committed beside the others, because it takes the store seconds.
 */
export class JobEvents {
  readonly #afterCommit: readonly CommitListener[];
  readonly #events: LanedBatcher<AddressedEvent, ApplyOutcome>;

  constructor({ store, clock, afterCommit }: JobEventsParts) {
    this.#afterCommit = afterCommit;
    this.#events = new LanedBatcher(
      async (events) => {
        const outcomes = await store.apply(events, clock());
        this.committed(outcomes);
        return outcomes;
      },
      { isolate, keyOf: ({ jobId }) => jobId, sizeOf: ({ event }) => sizeOfEvent(event) },
    );
  }

  /**
   * Applies one event. Events of one job that are applied in order are decided in order.
   *
   * @throws StoreUnavailable or Overloaded
   */
  apply(jobId: string, event: JobEvent): Promise<ApplyOutcome> {
    return this.#events.add({ jobId, event });
  }

  /**
   * Applies several events in order; the outcomes stand in the same order.
   *
   * @throws StoreUnavailable or Overloaded if one of them cannot be applied; others may have been
   */
  applyAll(events: readonly AddressedEvent[]): Promise<ApplyOutcome[]> {
    return Promise.all(events.map((event) => this.#events.add(event)));
  }

  /** Tells the listeners of outcomes that came about without an event: a child that was born finished. */
  committed(outcomes: readonly ApplyOutcome[]): void {
    for (const tell of this.#afterCommit) tell(outcomes);
  }
}

/** An outage fails every call of a batch. Any other failure is one call's own, and the others go on without it. */
export function isolate(error: unknown): boolean {
  return !(error instanceof StoreUnavailable) || error instanceof StoreContended;
}
