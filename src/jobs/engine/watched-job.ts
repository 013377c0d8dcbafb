import { onAbort } from '../../lib/on-abort.ts';
import type { JobUpdate } from '../job.ts';

/** Newest updates that are kept. A watcher that lags further behind reads the store. */
const maxRecent = 64;

interface PendingRead {
  readonly generation: number;
  readonly updates: Promise<readonly JobUpdate[]>;
}

/**
 * What this process knows of a job that somebody watches. One read after each hint serves all of its
 * watchers, and updates that the process committed itself need no read at all.
 */
export class WatchedJob {
  watchers = 0;
  readonly #fetch: (after: number) => Promise<readonly JobUpdate[]>;
  readonly #pageSize: number;
  /** The newest updates seen, without a gap. */
  #recent: JobUpdate[] = [];
  /** Counts the hints. */
  #generation = 0;
  /** The generation up to which `#recent` is known to be complete. */
  #completeAt = -1;
  readonly #pending = new Map<number, PendingRead>();
  readonly #waiting = new Set<() => void>();

  /** @param fetch reads up to `pageSize` updates after a seq */
  constructor(fetch: (after: number) => Promise<readonly JobUpdate[]>, pageSize: number) {
    this.#fetch = fetch;
    this.#pageSize = pageSize;
  }

  get generation(): number {
    return this.#generation;
  }

  /** A hint that there may be updates up to `seq`. */
  changed(seq: number): void {
    if (seq <= this.#newest) return;
    this.#generation++;
    this.#wake();
  }

  /** An update that this process has committed itself, and nobody needs to read. */
  committed(update: JobUpdate): void {
    if (update.seq <= this.#newest) return;
    // If a hint was not followed by a read yet, that read is still needed.
    const isComplete = this.#completeAt === this.#generation;
    this.#remember([update]);
    this.#generation++;
    if (isComplete) this.#completeAt = this.#generation;
    this.#wake();
  }

  /** The updates after a position, at most one page of them. Empty: there are none yet. */
  async read(after: number): Promise<readonly JobUpdate[]> {
    const oldest = this.#recent[0]?.seq ?? Infinity;
    if (oldest <= after + 1) {
      const known = this.#recent.slice(after + 1 - oldest);
      if (known.length > 0 || this.#completeAt === this.#generation) return known;
    }
    return this.#readShared(after);
  }

  /** The same, always from the store, which may have updates whose hints are still on their way. */
  readAnew(after: number): Promise<readonly JobUpdate[]> {
    return this.#readStore(after, this.#generation);
  }

  /** Resolves once a hint came after generation `seen`, or the signal aborted. */
  next(seen: number, signal: AbortSignal): Promise<void> {
    if (this.#generation !== seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        forget();
        resolve();
      };
      this.#waiting.add(wake);
      const forget = onAbort(signal, wake);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  get #newest(): number {
    return this.#recent.at(-1)?.seq ?? 0;
  }

  /** Shares a read under way if it began after the newest hint. An older read may miss that update. */
  #readShared(after: number): Promise<readonly JobUpdate[]> {
    const generation = this.#generation;
    const pending = this.#pending.get(after);
    if (pending?.generation === generation) return pending.updates;
    const updates = this.#readStore(after, generation);
    this.#pending.set(after, { generation, updates });
    const forget = (): void => {
      if (this.#pending.get(after)?.updates === updates) this.#pending.delete(after);
    };
    updates.then(forget, forget);
    return updates;
  }

  async #readStore(after: number, generation: number): Promise<readonly JobUpdate[]> {
    const updates = await this.#fetch(after);
    if (updates.length > 0) this.#remember(updates);
    const reached = updates.at(-1)?.seq ?? after;
    if (updates.length < this.#pageSize && reached === this.#newest) {
      this.#completeAt = Math.max(this.#completeAt, generation);
    }
    return updates;
  }

  #remember(updates: readonly JobUpdate[]): void {
    const newest = this.#newest;
    const fresh = updates.filter(({ seq }) => seq > newest);
    const adjoins = fresh[0]?.seq === newest + 1;
    if (fresh.length > 0)
      this.#recent = [...(adjoins ? this.#recent : []), ...fresh].slice(-maxRecent);
  }
}
