import { Counter, Histogram, type Registry } from 'prom-client';
import {
  isFinal,
  type EpochMs,
  type FinalStatus,
  type Job,
  type JobState,
  type JobUpdate,
  type Reason,
} from '../jobs/job.ts';
import type {
  AddressedEvent,
  ApplyOutcome,
  HistoryQuery,
  JobPage,
  JobStore,
  ListQuery,
  OutboxBacklog,
  OutboxJob,
  Postponement,
  Purge,
  SentJob,
} from '../jobs/ports/job-store.ts';

/** Every way a job can end. */
const ends: readonly (readonly [FinalStatus, Reason | ''])[] = [
  ['Succeeded', ''],
  ['Failed', 'ActorError'],
  ['Failed', 'DeadlineExceeded'],
  ['Failed', 'HeartbeatLost'],
  ['Failed', 'Unroutable'],
  ['Failed', 'PublishFailed'],
  ['Failed', 'ResultRejected'],
  ['Cancelled', 'CancelledByClient'],
  ['Cancelled', 'CancelledByOperator'],
];

/** A store whose calls are timed, and through which jobs are seen to begin and end. */
export class ObservedStore implements JobStore {
  readonly #store: JobStore;
  readonly #seconds: Histogram<'operation'>;
  readonly #failures: Counter<'operation'>;
  readonly #batches: Histogram<'operation'>;
  readonly #created: Counter<'tool'>;
  readonly #ended: Counter<'tool' | 'status' | 'reason'>;
  readonly #jobSeconds: Histogram<'tool'>;
  readonly #events: Counter<'type' | 'outcome'>;
  readonly #tools = new Set<string>();

  constructor(store: JobStore, registry: Registry) {
    const registers = [registry];
    this.#store = store;
    this.#created = new Counter({
      name: 'asya_jobs_created_total',
      help: 'Jobs created by this gateway; fan-out children have no tool',
      labelNames: ['tool'],
      registers,
    });
    this.#ended = new Counter({
      name: 'asya_jobs_ended_total',
      help: 'Jobs ended by this gateway; those that succeeded have no reason',
      labelNames: ['tool', 'status', 'reason'],
      registers,
    });
    this.#jobSeconds = new Histogram({
      name: 'asya_job_seconds',
      help: 'Time from the creation of a job to its end, however it ended',
      labelNames: ['tool'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
      registers,
    });
    this.#events = new Counter({
      name: 'asya_events_total',
      help: 'What happened to jobs: applied, or why not',
      labelNames: ['type', 'outcome'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'asya_store_seconds',
      help: 'Time of a call to the store, which does a whole batch',
      labelNames: ['operation'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#batches = new Histogram({
      name: 'asya_store_batch_size',
      help: 'How much a call to the store does at once',
      labelNames: ['operation'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    });
    this.#failures = new Counter({
      name: 'asya_store_failures_total',
      help: 'Calls to the store that failed',
      labelNames: ['operation'],
      registers,
    });
  }

  async create(jobs: readonly Job[], leasedUntil: EpochMs): Promise<boolean[]> {
    const created = await this.#watch(
      'create',
      () => this.#store.create(jobs, leasedUntil),
      jobs.length,
    );
    jobs.forEach((job, i) => {
      if (created[i] !== true) return;
      const tool = job.tool ?? '';
      this.#expectEndsOf(tool);
      this.#created.inc({ tool });
      this.#countEnd(job);
    });
    return created;
  }

  async apply(events: readonly AddressedEvent[], now: EpochMs): Promise<ApplyOutcome[]> {
    const outcomes = await this.#watch(
      'apply',
      () => this.#store.apply(events, now),
      events.length,
    );
    outcomes.forEach((outcome, i) => {
      const type = events[i]?.event.type ?? '';
      this.#events.inc({
        type,
        outcome: outcome.kind === 'refused' ? outcome.refusal : outcome.kind,
      });
      if (outcome.kind === 'applied') this.#countEnd(outcome.state);
    });
    return outcomes;
  }

  get(ids: readonly string[]): Promise<(Job | null)[]> {
    return this.#watch('get', () => this.#store.get(ids), ids.length);
  }

  history(queries: readonly HistoryQuery[], limit: number): Promise<JobUpdate[][]> {
    return this.#watch('history', () => this.#store.history(queries, limit), queries.length);
  }

  list(query: ListQuery): Promise<JobPage> {
    return this.#watch('list', () => this.#store.list(query));
  }

  countUnfinished(limits: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    return this.#watch('count-unfinished', () => this.#store.countUnfinished(limits), limits.size);
  }

  claimOutbox(now: EpochMs, leasedUntil: EpochMs, limit: number): Promise<OutboxJob[]> {
    return this.#watch('claim-outbox', () => this.#store.claimOutbox(now, leasedUntil, limit));
  }

  markDispatched(sent: readonly SentJob[], now: EpochMs): Promise<void> {
    return this.#watch('mark-dispatched', () => this.#store.markDispatched(sent, now), sent.length);
  }

  postpone(postponements: readonly Postponement[]): Promise<void> {
    return this.#watch('postpone', () => this.#store.postpone(postponements));
  }

  outboxBacklog(): Promise<OutboxBacklog> {
    return this.#watch('outbox-backlog', () => this.#store.outboxBacklog());
  }

  due(now: EpochMs, heardSince: EpochMs, limit: number): Promise<string[]> {
    return this.#watch('due', () => this.#store.due(now, heardSince, limit));
  }

  purge(finishedBefore: EpochMs, limit: number): Promise<Purge> {
    return this.#watch('purge', () => this.#store.purge(finishedBefore, limit));
  }

  unavailable(): Promise<string | null> {
    return this.#store.unavailable();
  }

  async #watch<T>(operation: string, call: () => Promise<T>, size?: number): Promise<T> {
    if (size !== undefined) this.#batches.observe({ operation }, size);
    const began = performance.now();
    try {
      return await call();
    } catch (error) {
      this.#failures.inc({ operation });
      throw error;
    } finally {
      this.#seconds.observe({ operation }, (performance.now() - began) / 1000);
    }
  }

  /** From the first job of a tool on, so that its first end of a kind is an increase as well. */
  #expectEndsOf(tool: string): void {
    if (this.#tools.has(tool)) return;
    this.#tools.add(tool);
    for (const [status, reason] of ends) this.#ended.inc({ tool, status, reason }, 0);
  }

  #countEnd({ tool, status, reason, createdAt, finishedAt }: JobState): void {
    if (!isFinal(status) || finishedAt === null) return;
    this.#ended.inc({ tool: tool ?? '', status, reason: reason ?? '' });
    this.#jobSeconds.observe({ tool: tool ?? '' }, Math.max(0, finishedAt - createdAt) / 1000);
  }
}
