import type { Clock } from '../../lib/clock.ts';
import { LanedBatcher } from '../../lib/laned-batcher.ts';
import type { Dispatcher } from './dispatcher.ts';
import { isolate } from './job-events.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Job } from '../job.ts';
import { sizeOfJob } from '../size.ts';

/**
 * What became of a new job:
 * - taken: nothing was stored, because a job has this id already
 * - leased: it is stored, and this process's dispatcher has to send it
 * - left: it is stored in the outbox, where any dispatcher may take it; the own one has no room
 */
export type Creation = 'taken' | 'leased' | 'left';

interface JobCreatorParts {
  readonly store: Pick<JobStore, 'create'>;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** Stores new jobs, many in one commit. */
export class JobCreator {
  readonly #dispatcher: Dispatcher;
  readonly #creates: LanedBatcher<Job, Creation>;

  constructor({ store, dispatcher, clock }: JobCreatorParts) {
    this.#dispatcher = dispatcher;
    this.#creates = new LanedBatcher(
      async (jobs) => {
        const now = clock();
        const leasedUntil = dispatcher.leaseFrom(now);
        const created = await store.create(jobs, leasedUntil ?? now);
        const creation = leasedUntil === null ? 'left' : 'leased';
        return created.map((isNew) => (isNew ? creation : 'taken'));
      },
      { isolate, keyOf: ({ id }) => id, sizeOf: sizeOfJob },
    );
  }

  /**
   * Stores a job whose message this gateway has to send, and hands it to the dispatcher.
   *
   * @returns false if a job has this id already
   * @throws StoreUnavailable or Overloaded
   */
  async createAndSend(job: Job): Promise<boolean> {
    const creation = await this.#creates.add(job);
    if (creation === 'leased') this.#dispatcher.dispatch(job);
    if (creation === 'left') this.#dispatcher.leave();
    return creation !== 'taken';
  }

  /**
   * Stores a job whose message somebody else sends.
   *
   * @returns false if a job has this id already
   * @throws StoreUnavailable or Overloaded
   */
  async create(job: Job): Promise<boolean> {
    return (await this.#creates.add(job)) !== 'taken';
  }
}
