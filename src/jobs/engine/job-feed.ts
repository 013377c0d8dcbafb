import { Batcher } from '../../lib/batcher.ts';
import { PeriodicLoop, type Service } from '../../lib/service.ts';
import { isFinal, type JobUpdate } from '../job.ts';
import {
  StoreUnavailable,
  type ChangeListener,
  type HistoryQuery,
  type JobStore,
} from '../ports/job-store.ts';
import { WatchedJob } from './watched-job.ts';

export interface SubscribeOptions {
  /** Updates with a greater seq are delivered. Default 0: all of them. */
  readonly after?: number;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
}

/** Most updates of a job that are read at a time. */
const pageSize = 200;

/** How often every watched job is read without a hint, so that a lost hint only costs time. */
const backstopMs = 5_000;

/**
 * A job's updates: the history, then what happens, without a gap, a repeat or a change of order.
 *
 * A subscriber holds only its position. It reads the rows after it, and if there are none it waits
 * for a hint. So a slow reader costs no memory, and a hint that is lost, late or repeated does no
 * harm. The newest updates of a watched job are kept in memory, so that most reads need no row.
 */
export class JobFeed implements ChangeListener, Service {
  readonly #reads: Batcher<HistoryQuery, JobUpdate[]>;
  readonly #watched = new Map<string, WatchedJob>();
  readonly #backstop: PeriodicLoop;

  constructor(store: Pick<JobStore, 'history'>) {
    this.#reads = new Batcher((queries) => store.history(queries, pageSize));
    this.#backstop = new PeriodicLoop({
      everyMs: backstopMs,
      runOnce: async () => this.missed(),
      onError: () => {},
    });
  }

  start(): Promise<void> {
    return this.#backstop.start();
  }

  stop(): Promise<void> {
    return this.#backstop.stop();
  }

  /**
   * Yields updates in batches of at least one. Ends after the job's final update, or when the signal
   * aborts; at once if the job is unknown or has no update number `after`. Once it has begun it
   * outlasts an outage of the store.
   *
   * @throws StoreUnavailable if the store is away when it begins
   */
  async *subscribe(
    jobId: string,
    { after = 0, signal }: SubscribeOptions,
  ): AsyncGenerator<readonly JobUpdate[]> {
    const job = this.#watch(jobId);
    try {
      // The last update seen is read again, because it tells whether anything can follow it.
      let position = Math.max(after - 1, 0);
      let updates = await job.read(position);
      // Another process may have told the subscriber of an update that this one does not know yet.
      if (updates.length === 0) updates = await job.readAnew(position);
      if (updates.length === 0) return;
      while (true) {
        const fresh = updates.filter(({ seq }) => seq > after);
        if (fresh.length > 0) yield fresh;
        const last = updates.at(-1);
        if (last !== undefined) {
          position = last.seq;
          if (isFinal(last.status)) return;
        }
        // Taken before the read: a hint that comes while it runs leads to another one.
        const { generation } = job;
        updates = await readOrNothing(job, position);
        if (updates.length === 0) await job.next(generation, signal);
        if (signal.aborted) return;
      }
    } finally {
      this.#leave(jobId, job);
    }
  }

  /** Updates that this process has committed, in the order of each job's seq. */
  committed(updates: readonly JobUpdate[]): void {
    for (const update of updates) this.#watched.get(update.jobId)?.committed(update);
  }

  changed(jobId: string, seq: number): void {
    this.#watched.get(jobId)?.changed(seq);
  }

  missed(): void {
    for (const job of this.#watched.values()) job.changed(Infinity);
  }

  #watch(jobId: string): WatchedJob {
    let job = this.#watched.get(jobId);
    if (job === undefined) {
      job = new WatchedJob((after) => this.#reads.add({ jobId, after }), pageSize);
      this.#watched.set(jobId, job);
    }
    job.watchers++;
    return job;
  }

  #leave(jobId: string, job: WatchedJob): void {
    if (--job.watchers === 0) this.#watched.delete(jobId);
  }
}

/** Reads nothing during an outage: a hint comes when the store is back, or else the backstop reads. */
async function readOrNothing(job: WatchedJob, after: number): Promise<readonly JobUpdate[]> {
  try {
    return await job.read(after);
  } catch (error) {
    if (error instanceof StoreUnavailable) return [];
    throw error;
  }
}
