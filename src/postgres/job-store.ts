import type { EpochMs, Job, JobState, JobUpdate } from '../jobs/job.ts';
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
import { transition } from '../jobs/rules/transition.ts';
import type { Pool } from './pool.ts';
import { jobOf, stateOf, type StateRow } from './rows.ts';
import { Retention } from './retention.ts';
import { claimOutbox } from './sql/claim-outbox.ts';
import { countUnfinished } from './sql/count-unfinished.ts';
import { createJobs } from './sql/create-jobs.ts';
import { findDueJobs } from './sql/find-due-jobs.ts';
import { getJobs } from './sql/get-jobs.ts';
import { readJobList } from './sql/list-jobs.ts';
import { lockJobs } from './sql/lock-jobs.ts';
import { markDispatched } from './sql/mark-dispatched.ts';
import { measureOutbox } from './sql/measure-outbox.ts';
import { postponeJobs } from './sql/postpone-jobs.ts';
import { readHistory } from './sql/read-history.ts';
import { saveJobs } from './sql/save-jobs.ts';
import { saveResult } from './sql/save-result.ts';
import { inTransaction, writeAlone, type Decided } from './transaction.ts';

/** Jobs in PostgreSQL, shared by every gateway on the database. */
export class PostgresJobStore implements JobStore {
  readonly #pool: Pool;
  readonly #retention: Retention;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#retention = new Retention(pool);
  }

  async create(jobs: readonly Job[], leasedUntil: EpochMs): Promise<boolean[]> {
    const write = createJobs(inOrder(jobs), leasedUntil);
    const rows = await this.#pool.run((sql, allow) => writeAlone(sql, allow, write));
    const created = new Set(rows.map(({ jobId }) => jobId));
    return jobs.map(({ id }) => created.delete(id));
  }

  apply(events: readonly AddressedEvent[], now: EpochMs): Promise<ApplyOutcome[]> {
    const ids = [...new Set(events.map(({ jobId }) => jobId))];
    return this.#pool.transact((connection, allow) =>
      inTransaction(
        connection,
        allow,
        (transaction) => lockJobs(transaction, ids),
        (rows) => decide(rows, events, now),
      ),
    );
  }

  async get(ids: readonly string[]): Promise<(Job | null)[]> {
    const rows = await this.#pool.run((sql) => getJobs(sql, ids));
    const jobs = new Map(rows.map((row) => [row.id, jobOf(row)]));
    return ids.map((id) => jobs.get(id) ?? null);
  }

  async history(queries: readonly HistoryQuery[], limit: number): Promise<JobUpdate[][]> {
    const rows = await this.#pool.run((sql) => readHistory(sql, queries, limit));
    const answers: JobUpdate[][] = queries.map(() => []);
    for (const { query, ...update } of rows) answers[query]?.push(update);
    return answers;
  }

  async list(query: ListQuery): Promise<JobPage> {
    const rows = await this.#pool.runLong((sql) => readJobList(sql, query));
    const page = rows.map(({ more, ...row }) => ({ more, job: jobOf(row) }));
    return { jobs: page.map(({ job }) => job), more: page.some(({ more }) => more) };
  }

  async countUnfinished(limits: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const rows = await this.#pool.run((sql) => countUnfinished(sql, limits));
    return new Map(rows.map(({ owner, jobs }) => [owner, jobs]));
  }

  async claimOutbox(now: EpochMs, leasedUntil: EpochMs, limit: number): Promise<OutboxJob[]> {
    const rows = await this.#pool.run((sql) => claimOutbox(sql, now, leasedUntil, limit));
    return rows.map(({ unroutableSince, ...row }) => ({ job: jobOf(row), unroutableSince }));
  }

  markDispatched(sent: readonly SentJob[], now: EpochMs): Promise<void> {
    return this.#pool.run((sql) => markDispatched(sql, sent, now));
  }

  postpone(postponements: readonly Postponement[]): Promise<void> {
    return this.#pool.run((sql) => postponeJobs(sql, postponements));
  }

  outboxBacklog(): Promise<OutboxBacklog> {
    return this.#pool.runLong((sql) => measureOutbox(sql));
  }

  due(now: EpochMs, heardSince: EpochMs, limit: number): Promise<string[]> {
    return this.#pool.run((sql) => findDueJobs(sql, now, heardSince, limit));
  }

  purge(finishedBefore: EpochMs, limit: number): Promise<Purge> {
    return this.#retention.purge(finishedBefore, limit);
  }

  async unavailable(): Promise<string | null> {
    try {
      await this.#pool.run((sql) => sql`SELECT`);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** One pass over the batch: several events of a job follow each other on the same locked row. */
function decide(
  rows: readonly StateRow[],
  events: readonly AddressedEvent[],
  now: EpochMs,
): Decided<ApplyOutcome[]> {
  const current = new Map(rows.map((row) => [row.id, stateOf(row)]));
  const touched = new Map<string, JobState>();
  const updates: JobUpdate[] = [];
  const outcomes = events.map(({ jobId, event }): ApplyOutcome => {
    const state = current.get(jobId);
    if (state === undefined) return { kind: 'unknown' };
    const decision = transition(state, event, now);
    if (decision.kind === 'refused') return { ...decision, state };
    current.set(jobId, decision.state);
    touched.set(jobId, decision.state);
    if (decision.update !== null) updates.push(decision.update);
    return decision;
  });
  if (touched.size === 0) return { write: null, result: outcomes };
  const states = [...touched.values()];
  const [state, update] = [states[0], updates[0]];
  const isOne = states.length === 1 && updates.length === 1;
  if (isOne && state !== undefined && update !== undefined && update.result !== null) {
    return { write: saveResult(state, update), result: outcomes };
  }
  return { write: saveJobs(states, updates), result: outcomes };
}

/**
 * The first job of each id, in the order of their ids: one statement cannot insert an id twice, and
 * two that insert the same ids in different orders would wait for each other.
 */
function inOrder(jobs: readonly Job[]): Job[] {
  const first = new Map(jobs.toReversed().map((job) => [job.id, job]));
  return [...first.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
