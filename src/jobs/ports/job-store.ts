import type { JobEvent } from '../event.ts';
import type { EpochMs, Job, JobState, JobStatus, JobUpdate } from '../job.ts';
import type { Refusal } from '../rules/decision.ts';

/** The store cannot be reached, or did not answer in time; the call may be repeated. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/**
 * A batch waited too long for a job that somebody else holds, and did nothing. That says nothing of the
 * other jobs in it, or of the store.
 */
export class StoreContended extends StoreUnavailable {}

export interface AddressedEvent {
  readonly jobId: string;
  readonly event: JobEvent;
}

/**
 * What became of an event. `update` is null where nothing changed that a client can see (a
 * heartbeat that only proves life).
 */
export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly state: JobState; readonly update: JobUpdate | null }
  | { readonly kind: 'refused'; readonly state: JobState; readonly refusal: Refusal }
  | { readonly kind: 'unknown' };

export interface HistoryQuery {
  readonly jobId: string;
  /** Updates with a greater seq are read. */
  readonly after: number;
}

/** A position in the list of all jobs, newest first. */
export interface ListPosition {
  readonly createdAt: EpochMs;
  readonly id: string;
}

export interface ListQuery {
  readonly status: JobStatus | null;
  readonly tool: string | null;
  readonly parentId: string | null;
  /** Whose jobs; null: everybody's. */
  readonly owner: string | null;
  readonly createdAfter: EpochMs | null;
  readonly before: ListPosition | null;
  /** Most jobs of a page. */
  readonly limit: number;
  /** About how many bytes the jobs of a page may come to. A page is one job at least. */
  readonly maxBytes: number;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Do more jobs follow the last one? */
  readonly more: boolean;
}

/** A job of the outbox, leased to one dispatcher. */
export interface OutboxJob {
  readonly job: Job;
  /** When a publish first found no queue for it; null: never so far. */
  readonly unroutableSince: EpochMs | null;
}

/** A job whose message the broker has, and what put it into the outbox then. */
export type SentJob = Pick<Job, 'id' | 'outboxSeq'>;

/** What still has to be published, leased or not. */
export interface OutboxBacklog {
  readonly jobs: number;
  /** When its oldest job came into it; null: it is empty. */
  readonly oldestSince: EpochMs | null;
}

/** What a call removed of what is old enough. */
export interface Purge {
  /** How many jobs. */
  readonly removed: number;
  /** May there be more to remove? */
  readonly more: boolean;
}

/** When a job of the outbox is to be tried again. */
export interface Postponement {
  readonly jobId: string;
  readonly until: EpochMs;
  readonly unroutableSince: EpochMs | null;
}

/**
 * Where jobs live. Every adapter passes `test/store-contract.ts`. Calls take batches, because a
 * batch costs an adapter about what a single one does; results stand in the order of the input.
 *
 * Every method throws StoreUnavailable while the store cannot be reached or does not answer in time.
 * It then did all of its work or none, and which of the two cannot always be told: a connection can
 * break between a commit and its answer.
 */
export interface JobStore {
  /**
   * Stores new jobs and the first update of each; a job whose id is there already is left as it is
   * (false). A dispatcher that knows them has until `leasedUntil` before others see those in the
   * outbox that are not dispatched.
   */
  create(jobs: readonly Job[], leasedUntil: EpochMs): Promise<boolean[]>;

  /**
   * Decides each event by `transition` under the job's lock, in order, stores what changed, and has
   * the notifier tell every process.
   */
  apply(events: readonly AddressedEvent[], now: EpochMs): Promise<ApplyOutcome[]>;

  get(ids: readonly string[]): Promise<(Job | null)[]>;

  /** Each job's updates after a position, oldest first, at most `limit` a job; unknown jobs have none. */
  history(queries: readonly HistoryQuery[], limit: number): Promise<JobUpdate[][]>;

  /**
   * Newest first: by `createdAt`, then `id`, both descending. What exceeds `maxBytes` is not read, so
   * that a page of large results does not fill the memory.
   */
  list(query: ListQuery): Promise<JobPage>;

  /**
   * Counts the unfinished jobs of owners, without children.
   *
   * @param limits up to how many each owner's are counted; owners without any may be missing
   */
  countUnfinished(limits: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>>;

  /** Leases unfinished, undispatched jobs whose lease or postponement is over. */
  claimOutbox(now: EpochMs, leasedUntil: EpochMs, limit: number): Promise<OutboxJob[]>;

  /** Takes jobs out of the outbox, but for those that have come into it once more since. */
  markDispatched(sent: readonly SentJob[], now: EpochMs): Promise<void>;

  postpone(postponements: readonly Postponement[]): Promise<void>;

  /** For operators to see whether messages go out. Cheap as long as they do. */
  outboxBacklog(): Promise<OutboxBacklog>;

  /**
   * Ids of unfinished jobs whose deadline or heartbeat is due, longest overdue first. A heartbeat is
   * due no earlier than its job's longest silence after `heardSince`.
   */
  due(now: EpochMs, heardSince: EpochMs, limit: number): Promise<string[]>;

  /**
   * Removes up to `limit` jobs finished before an instant, with their history, the oldest first. It
   * takes no longer than other calls: where a job's history is long, it removes less, or a part of it.
   */
  purge(finishedBefore: EpochMs, limit: number): Promise<Purge>;

  /** Null while the store answers, else why it does not, for `/ready`. */
  unavailable(): Promise<string | null>;
}

/** Told that a job may have new updates: a hint, rows are the truth. */
export interface ChangeListener {
  changed(jobId: string, seq: number): void;
  /** Hints may have been missed; everything watched is to be read again. */
  missed(): void;
}

/** Carries hints between processes (or, in memory, within one). */
export interface ChangeNotifier {
  listen(listener: ChangeListener): Promise<void>;
  close(): Promise<void>;
}
