import { Batcher } from '../../lib/batcher.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Job } from '../job.ts';

/** Reads jobs by their ids, many in one statement. */
export class JobReader {
  readonly #reads: Batcher<string, Job | null>;

  constructor(store: Pick<JobStore, 'get'>) {
    this.#reads = new Batcher((ids) => store.get(ids));
  }

  /** @throws StoreUnavailable or Overloaded */
  get(id: string): Promise<Job | null> {
    return this.#reads.add(id);
  }
}
