import { firstUpdate } from '../jobs/rules/decision.ts';
import type { JobEvent } from '../jobs/event.ts';
import { isFinal, type EpochMs, type Job, type JobUpdate } from '../jobs/job.ts';
import {
  StoreUnavailable,
  type AddressedEvent,
  type ApplyOutcome,
  type ChangeListener,
  type ChangeNotifier,
  type HistoryQuery,
  type JobPage,
  type JobStore,
  type ListQuery,
  type OutboxBacklog,
  type OutboxJob,
  type Postponement,
  type Purge,
  type SentJob,
} from '../jobs/ports/job-store.ts';
import { sizeOfJob } from '../jobs/size.ts';
import { transition } from '../jobs/rules/transition.ts';

interface StoredJob {
  job: Job;
  bytes: number;
  readonly history: JobUpdate[];
  dispatchAfter: EpochMs;
  unroutableSince: EpochMs | null;
}

export interface MemoryJobStoreOptions {
  /**
   * Most jobs kept. Beyond it the one finished longest ago makes room; if none is finished, creating
   * is refused. Default 100,000.
   */
  readonly maxJobs?: number;
  /**
   * Most updates kept, of all jobs. Beyond it finished jobs make room; if none is left, reports are
   * refused, and outcomes are not. Default 500,000.
   */
  readonly maxUpdates?: number;
  /** About how many bytes of payloads and results are kept. Beyond it as with jobs. Default 256 MiB. */
  readonly maxBytes?: number;
}

/**
 * Jobs in this process alone: for trying things out, and for tests. They are gone with the process.
 * It notifies its own listeners, so it is its own ChangeNotifier.
 */
export class MemoryJobStore implements JobStore, ChangeNotifier {
  readonly #maxJobs: number;
  readonly #maxUpdates: number;
  readonly #maxBytes: number;
  #bytes = 0;
  #updates = 0;
  readonly #entries = new Map<string, StoredJob>();
  /** Unfinished jobs, so that timers and the outbox never look at finished ones. */
  readonly #open = new Map<string, StoredJob>();
  /** In the order they finished. */
  readonly #finished = new Map<string, StoredJob>();
  readonly #listeners = new Set<ChangeListener>();

  constructor({
    maxJobs = 100_000,
    maxUpdates = 500_000,
    maxBytes = 256 * 1_048_576,
  }: MemoryJobStoreOptions = {}) {
    this.#maxJobs = maxJobs;
    this.#maxUpdates = maxUpdates;
    this.#maxBytes = maxBytes;
  }

  async create(jobs: readonly Job[], leasedUntil: EpochMs): Promise<boolean[]> {
    const fresh = new Map(
      jobs.filter(({ id }) => !this.#entries.has(id)).map((job) => [job.id, sizeOfJob(job)]),
    );
    this.#makeRoom(fresh.size);
    this.#makeRoomForBytes([...fresh.values()].reduce((sum, bytes) => sum + bytes, 0));
    return jobs.map((job) => {
      if (this.#entries.has(job.id)) return false;
      const entry: StoredJob = {
        job,
        bytes: fresh.get(job.id) ?? 0,
        history: [firstUpdate(job)],
        dispatchAfter: leasedUntil,
        unroutableSince: null,
      };
      this.#entries.set(job.id, entry);
      this.#updates++;
      this.#bytes += entry.bytes;
      (isFinal(job.status) ? this.#finished : this.#open).set(job.id, entry);
      return true;
    });
  }

  async apply(events: readonly AddressedEvent[], now: EpochMs): Promise<ApplyOutcome[]> {
    this.#makeRoomForUpdates(events.filter(({ event }) => isReport(event)).length);
    return events.map(({ jobId, event }) => {
      const entry = this.#entries.get(jobId);
      if (entry === undefined) return { kind: 'unknown' };
      const decision = transition(entry.job, event, now);
      if (decision.kind === 'refused') return { ...decision, state: entry.job };
      this.#save(entry, { ...entry.job, ...decision.state }, decision.update);
      return decision;
    });
  }

  async get(ids: readonly string[]): Promise<(Job | null)[]> {
    return ids.map((id) => this.#entries.get(id)?.job ?? null);
  }

  async history(queries: readonly HistoryQuery[], limit: number): Promise<JobUpdate[][]> {
    return queries.map(({ jobId, after }) => {
      const history = this.#entries.get(jobId)?.history ?? [];
      return history.slice(after, after + limit);
    });
  }

  async list(query: ListQuery): Promise<JobPage> {
    const found = [...this.#entries.values()]
      .filter(({ job }) => matches(job, query))
      .toSorted((a, b) => newestFirst(a.job, b.job))
      .slice(0, query.limit + 1);
    let bytes = 0;
    const fitting = found.findIndex((entry, i) => (bytes += entry.bytes) > query.maxBytes && i > 0);
    const count = Math.min(fitting === -1 ? found.length : fitting, query.limit);
    return { jobs: found.slice(0, count).map(({ job }) => job), more: count < found.length };
  }

  async countUnfinished(limits: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { job } of this.#open.values()) {
      const { owner, parentId } = job;
      if (owner === null || parentId !== null) continue;
      const limit = limits.get(owner) ?? 0;
      const count = counts.get(owner) ?? 0;
      if (count < limit) counts.set(owner, count + 1);
    }
    return counts;
  }

  async claimOutbox(now: EpochMs, leasedUntil: EpochMs, limit: number): Promise<OutboxJob[]> {
    const waiting = [...this.#open.values()]
      .filter((entry) => entry.job.dispatchedAt === null && entry.dispatchAfter <= now)
      .toSorted((a, b) => a.dispatchAfter - b.dispatchAfter)
      .slice(0, limit);
    for (const entry of waiting) entry.dispatchAfter = leasedUntil;
    return waiting.map(({ job, unroutableSince }) => ({ job, unroutableSince }));
  }

  async markDispatched(sent: readonly SentJob[], now: EpochMs): Promise<void> {
    for (const { id, outboxSeq } of sent) {
      const entry = this.#entries.get(id);
      if (entry?.job.dispatchedAt !== null || entry.job.outboxSeq !== outboxSeq) continue;
      entry.job = { ...entry.job, dispatchedAt: now };
    }
  }

  async postpone(postponements: readonly Postponement[]): Promise<void> {
    for (const { jobId, until, unroutableSince } of postponements) {
      const entry = this.#entries.get(jobId);
      if (entry === undefined) continue;
      entry.dispatchAfter = until;
      entry.unroutableSince = unroutableSince;
    }
  }

  async outboxBacklog(): Promise<OutboxBacklog> {
    const waiting = [...this.#open.values()].filter(({ job }) => job.dispatchedAt === null);
    const oldest = waiting.reduce((at, { job }) => Math.min(at, job.updatedAt), Infinity);
    return { jobs: waiting.length, oldestSince: waiting.length === 0 ? null : oldest };
  }

  async due(now: EpochMs, heardSince: EpochMs, limit: number): Promise<string[]> {
    return [...this.#open.values()]
      .map(({ job }) => ({ id: job.id, dueAt: dueAt(job, heardSince) }))
      .filter((job) => job.dueAt <= now)
      .toSorted((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  async purge(finishedBefore: EpochMs, limit: number): Promise<Purge> {
    const old = [...this.#finished.values()]
      .filter(({ job }) => (job.finishedAt ?? Infinity) < finishedBefore)
      .slice(0, limit);
    for (const { job } of old) this.#remove(job.id);
    return { removed: old.length, more: old.length === limit };
  }

  async unavailable(): Promise<string | null> {
    return null;
  }

  async listen(listener: ChangeListener): Promise<void> {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #save(entry: StoredJob, job: Job, update: JobUpdate | null): void {
    if (job.outboxSeq !== entry.job.outboxSeq) {
      // The job has come into the outbox once more.
      entry.dispatchAfter = job.retryAt ?? job.updatedAt;
      entry.unroutableSince = null;
    }
    entry.job = job;
    if (update === null) return;
    entry.history.push(update);
    this.#updates++;
    if (isFinal(job.status) && this.#open.delete(job.id)) {
      this.#finished.set(job.id, entry);
      this.#weigh(entry);
    }
    for (const listener of this.#listeners) listener.changed(job.id, update.seq);
  }

  #makeRoom(wanted: number): void {
    const excess = this.#entries.size + wanted - this.#maxJobs;
    if (excess <= 0) return;
    if (excess > this.#finished.size) {
      throw new StoreUnavailable(`the memory store is full: ${this.#maxJobs} jobs are kept`);
    }
    for (const id of [...this.#finished.keys()].slice(0, excess)) this.#remove(id);
  }

  /** An outcome is never refused: it has made its room among the finished jobs, itself the last to go. */
  #weigh(entry: StoredJob): void {
    this.#bytes -= entry.bytes;
    entry.bytes = sizeOfJob(entry.job);
    this.#bytes += entry.bytes;
    for (const id of this.#finished.keys()) {
      if (this.#bytes <= this.#maxBytes || id === entry.job.id) return;
      this.#remove(id);
    }
  }

  #makeRoomForBytes(wanted: number): void {
    for (const id of this.#finished.keys()) {
      if (this.#bytes + wanted <= this.#maxBytes) return;
      this.#remove(id);
    }
    if (this.#bytes > 0 && this.#bytes + wanted > this.#maxBytes) {
      throw new StoreUnavailable(`the memory store is full: ${this.#bytes} bytes are kept`);
    }
  }

  #makeRoomForUpdates(wanted: number): void {
    for (const id of this.#finished.keys()) {
      if (this.#updates + wanted <= this.#maxUpdates) return;
      this.#remove(id);
    }
    if (wanted > 0 && this.#updates + wanted > this.#maxUpdates) {
      throw new StoreUnavailable(`the memory store is full: ${this.#maxUpdates} updates are kept`);
    }
  }

  #remove(id: string): void {
    this.#updates -= this.#entries.get(id)?.history.length ?? 0;
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
    this.#finished.delete(id);
  }
}

/** What an actor may report as often as it likes; a job's other events end it. */
function isReport({ type }: JobEvent): boolean {
  return type === 'heartbeat' || type === 'progress' || type === 'asked';
}

function dueAt(job: Job, heardSince: EpochMs): EpochMs {
  const { deadline, heartbeatDueAt, heartbeatTimeoutSeconds } = job;
  const silence = Math.max(heartbeatDueAt ?? Infinity, heardSince + heartbeatTimeoutSeconds * 1000);
  return Math.min(deadline ?? Infinity, silence);
}

function matches(job: Job, query: ListQuery): boolean {
  const { status, tool, parentId, owner, createdAfter, before } = query;
  return (
    (status === null || job.status === status) &&
    (tool === null || job.tool === tool) &&
    (owner === null || job.owner === owner) &&
    (parentId === null || job.parentId === parentId) &&
    (createdAfter === null || job.createdAt > createdAfter) &&
    (before === null || newestFirst(job, before) > 0)
  );
}

type Listed = Pick<Job, 'createdAt' | 'id'>;

function newestFirst(a: Listed, b: Listed): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
