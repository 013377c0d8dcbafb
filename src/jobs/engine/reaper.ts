import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { PeriodicLoop, type Service } from '../../lib/service.ts';
import type { EpochMs } from '../job.ts';
import type { JobEvents } from './job-events.ts';
import type { AddressedEvent, JobStore } from '../ports/job-store.ts';

/** A due job has to end within 2 s: this pause, plus the time that finding and ending it takes. */
const timersEveryMs = 500;

/** Pause between two rounds of retention, which is not urgent. A round goes on while there is more. */
const retentionEveryMs = 10_000;

/** Most jobs of a batch. It is small so that no batch holds its locks for long. */
const maxBatch = 500;

export interface ReaperParts {
  readonly store: Pick<JobStore, 'due' | 'purge'>;
  readonly events: JobEvents;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether reports come in at the moment. Silence is no fault of an actor that nobody can hear. Default: yes. */
  readonly canHear?: () => boolean;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionMs: number;
}

/**
 * Ends jobs whose deadline passed or whose heartbeat was lost, and removes old ones. Every replica
 * runs one. Whichever comes first ends a job, and the others are refused under the job's lock.
 */
export class Reaper implements Service {
  readonly #parts: ReaperParts;
  readonly #loops: readonly PeriodicLoop[];
  /** Since when actors could be heard without a break. Null: they cannot be heard. */
  #heardSince: EpochMs | null = null;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
    const { log } = parts;
    this.#loops = [
      new PeriodicLoop({
        everyMs: timersEveryMs,
        runOnce: () => this.endDueOnce(),
        onError: (error) => log.warn({ err: error }, 'due jobs could not be ended; trying again'),
      }),
      new PeriodicLoop({
        everyMs: retentionEveryMs,
        runOnce: () => this.purgeOnce(),
        onError: (error) => log.warn({ err: error }, 'old jobs could not be removed; trying again'),
      }),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  /** Ends a batch of due jobs; true: there may be more. */
  async endDueOnce(): Promise<boolean> {
    const now = this.#parts.clock();
    if (this.#parts.canHear?.() === false) this.#heardSince = null;
    const heardSince = (this.#heardSince ??= now);
    const ids = await this.#due(now, heardSince);
    if (ids.length === 0) return false;
    // Both are tried: which of the two is due is decided under the job's lock, and the other is refused.
    await this.#parts.events.applyAll(
      ids.flatMap((jobId): AddressedEvent[] => [
        { jobId, event: { type: 'deadline' } },
        { jobId, event: { type: 'heartbeat-lost', heardSince } },
      ]),
    );
    return ids.length === maxBatch;
  }

  /** While the store is away no heartbeat can be stored, so the time of listening begins anew. */
  async #due(now: EpochMs, heardSince: EpochMs): Promise<string[]> {
    try {
      return await this.#parts.store.due(now, heardSince, maxBatch);
    } catch (error) {
      this.#heardSince = null;
      throw error;
    }
  }

  /** Removes a batch of old jobs; true: there may be more. */
  async purgeOnce(): Promise<boolean> {
    const { store, clock, retentionMs } = this.#parts;
    if (retentionMs === 0) return false;
    const { more } = await store.purge(clock() - retentionMs, maxBatch);
    return more;
  }
}
