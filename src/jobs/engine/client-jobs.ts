import type { Clock } from '../../lib/clock.ts';
import type { Json } from '../../lib/json.ts';
import { makeStorable, storableText } from '../../lib/storable.ts';
import { answerFaults } from '../rules/answer-faults.ts';
import { parentCancelled } from '../child.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { JobEvent } from '../event.ts';
import { freshId } from '../fresh-id.ts';
import { isSameCall } from '../idempotency.ts';
import type { JobCreator } from './job-creator.ts';
import type { JobEvents } from './job-events.ts';
import type { JobFeed, SubscribeOptions } from './job-feed.ts';
import type { InputAnswers, JobInput } from '../job-input.ts';
import type { JobReader } from './job-reader.ts';
import {
  StoreUnavailable,
  type ApplyOutcome,
  type JobPage,
  type JobStore,
  type ListPosition,
  type ListQuery,
} from '../ports/job-store.ts';
import { isFinal, type CancelReason, type Job, type JobUpdate } from '../job.ts';
import { submittedJob, type Submission } from '../submission.ts';
import type { Viewer } from '../viewer.ts';

/** A page of jobs with larger results than that is shorter than its limit says. */
const maxPageBytes = 8 * 1_048_576;

export interface ClientJobsParts {
  readonly store: Pick<JobStore, 'list'>;
  readonly reader: JobReader;
  readonly creator: JobCreator;
  readonly events: JobEvents;
  readonly feed: JobFeed;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/**
 * What a submission under a given id came to:
 * - created: the job is new
 * - existing: the job was there, made by the same call
 * - mismatch: the job was there, made by a call of another tool or with other arguments
 */
export interface OnceSubmitted {
  readonly kind: 'created' | 'existing' | 'mismatch';
  readonly job: Job;
}

type Cancellation = Extract<JobEvent, { type: 'cancelled' }>;

/** `invalid`: nothing was stored; each fault is a sentence that names the answer by its path. */
export type AnswerOutcome =
  ApplyOutcome | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/**
 * Everything that a client may do with jobs, and the only way by which a client reaches one. A job that
 * its viewer does not see is an unknown job to it, whatever it asks.
 *
 * Every method throws StoreUnavailable while the store is away, and Overloaded when too many calls
 * are waiting for it.
 */
export class ClientJobs {
  readonly #parts: ClientJobsParts;
  readonly #viewer: Viewer;
  /** Jobs that are known to be the viewer's, so that to watch one takes no further read. */
  readonly #seen = new Set<string>();

  constructor(parts: ClientJobsParts, viewer: Viewer) {
    this.#parts = parts;
    this.#viewer = viewer;
  }

  /**
   * Commits a new job and hands it to the dispatcher. Once this resolves, the job reaches its queue
   * or fails with a reason, whatever becomes of this process.
   *
   * @throws BrokerUnavailable before anything is stored, if no message can be sent at the moment
   */
  async submit(submission: Submission): Promise<Job> {
    this.#viewer.assertMay('call');
    const { creator, dispatcher, clock } = this.#parts;
    const { owner } = this.#viewer;
    dispatcher.assertAvailable();
    const now = clock();
    const wanted = submittedJob(submission, { id: submission.id ?? freshId(now), owner }, now);
    if (await creator.createAndSend(wanted)) return this.#own(wanted);
    const job = submittedJob(submission, { id: freshId(now), owner }, now);
    if (await creator.createAndSend(job)) return this.#own(job);
    throw new Error('a fresh id was taken');
  }

  /**
   * Commits a new job unless there is one with this id, which says what the job is for; see
   * idempotency.ts. So it may be called often and anywhere. A job that is there already is found while
   * the broker is away, too.
   *
   * @param id of this owner alone
   * @throws BrokerUnavailable with nothing stored, if there is no such job yet and no message can be
   *   sent at the moment
   */
  async submitOnce(id: string, submission: Submission): Promise<OnceSubmitted> {
    this.#viewer.assertMay('call');
    const { creator, dispatcher, reader, clock } = this.#parts;
    const { owner } = this.#viewer;
    // The job may be removed between the two looks at it, and then a new one may be made.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (dispatcher.isAvailable()) {
        const job = submittedJob(submission, { id, owner }, clock());
        if (await creator.createAndSend(job)) return { kind: 'created', job: this.#own(job) };
      }
      const job = await reader.get(id);
      if (job !== null) {
        if (!this.#isOwn(job)) throw new Error(`the id ${id} is taken by somebody else's job`);
        return { kind: isSameCall(job, submission) ? 'existing' : 'mismatch', job: this.#own(job) };
      }
      dispatcher.assertAvailable();
    }
    throw new StoreUnavailable(`the job ${id} was being removed`);
  }

  /** Null: no job that the viewer sees has this id. */
  get(id: string): Promise<Job | null> {
    this.#viewer.assertMay('read');
    const read = this.#parts.reader.get(id);
    return this.#isOpen ? read : read.then((job) => this.#visible(job));
  }

  /** The newest jobs, or those before a position: as many as one response may well hold. */
  list(query: Omit<ListQuery, 'maxBytes' | 'owner'>): Promise<JobPage> {
    const { owner, seesAll } = this.#viewer;
    this.#viewer.assertMay('read');
    if (seesAll && owner !== null) this.#viewer.note('listed', null);
    return this.#parts.store.list({
      ...query,
      owner: seesAll ? null : owner,
      maxBytes: maxPageBytes,
    });
  }

  /**
   * A job's updates: the history after a position, then what happens; see `JobFeed.subscribe`.
   *
   * @throws StoreUnavailable if the store is away when it begins
   */
  watch(id: string, options: SubscribeOptions): AsyncGenerator<readonly JobUpdate[]> {
    this.#viewer.assertMay('read');
    const { feed } = this.#parts;
    return this.#isOpen || this.#seen.has(id)
      ? feed.subscribe(id, options)
      : this.#watchVisible(id, options);
  }

  /**
   * Answers what a job asked for, as far as it is still asked; with the last answer its step runs
   * again.
   */
  async answer(id: string, given: InputAnswers): Promise<AnswerOutcome> {
    this.#viewer.assertMay('call');
    const { reader, events, dispatcher } = this.#parts;
    const job = await reader.get(id);
    if (job === null || !this.#isOwn(job)) return { kind: 'unknown' };
    const { input } = job;
    const answers = answersTo(input, makeStorable(given) as InputAnswers);
    const faults = answerFaults(input?.requests ?? {}, answers);
    if (faults.length > 0) return { kind: 'invalid', faults };
    const outcome = await events.apply(id, { type: 'answered', answers });
    if (outcome.kind === 'applied' && outcome.state.dispatchedAt === null) dispatcher.wake();
    return outcome;
  }

  /** Fails a job because its client cannot give what the job asks for. */
  async refuseInput(id: string, error: string): Promise<ApplyOutcome> {
    this.#viewer.assertMay('call');
    if (!this.#isOpen) {
      const job = await this.#parts.reader.get(id);
      if (job === null || !this.#isOwn(job)) return { kind: 'unknown' };
    }
    const text = storableText(error);
    return this.#parts.events.apply(id, {
      type: 'failed',
      reason: 'ActorError',
      error: text,
      details: null,
      // Another attempt would only ask the same client again.
      mayRetry: false,
    });
  }

  /**
   * Cancels a job, and then its children. If it is not the viewer's own, its reason is that an operator
   * did. A repeated cancellation goes through the children once more, so whoever got no answer can make
   * sure of them by asking again.
   *
   * @param message what the canceller said, if anything
   * @param details what programs need to know of the cancellation
   */
  async cancel(id: string, message: string | null, details: Json = null): Promise<ApplyOutcome> {
    this.#viewer.assertMay('cancel');
    let reason: CancelReason = 'CancelledByClient';
    if (!this.#isOpen) {
      const job = await this.#parts.reader.get(id);
      if (job === null || !this.#sees(job)) return { kind: 'unknown' };
      if (!this.#isOwn(job)) reason = 'CancelledByOperator';
      this.#viewer.note('cancelled', id);
    }
    return this.#cancelAll(id, { type: 'cancelled', reason, message, details });
  }

  /** A child is whose its parent is. */
  async #cancelAll(id: string, event: Cancellation): Promise<ApplyOutcome> {
    const outcome = await this.#parts.events.apply(id, event);
    if (outcome.kind !== 'unknown' && outcome.state.status === 'Cancelled') {
      for await (const child of this.#unfinishedChildren(id)) {
        await this.#cancelAll(child.id, { ...event, message: parentCancelled });
      }
    }
    return outcome;
  }

  /** In pages, so that a fan-out of any size takes little memory. */
  async *#unfinishedChildren(parentId: string): AsyncGenerator<Job> {
    const { store } = this.#parts;
    const query = { status: null, tool: null, owner: null, parentId, createdAfter: null };
    const limits = { limit: 200, maxBytes: maxPageBytes };
    for (let before: ListPosition | null = null, more = true; more;) {
      const page: JobPage = await store.list({ ...query, ...limits, before });
      yield* page.jobs.filter(({ status }) => !isFinal(status));
      before = page.jobs.at(-1) ?? null;
      ({ more } = page);
    }
  }

  async *#watchVisible(
    id: string,
    options: SubscribeOptions,
  ): AsyncGenerator<readonly JobUpdate[]> {
    if ((await this.get(id)) !== null) yield* this.#parts.feed.subscribe(id, options);
  }

  #own(job: Job): Job {
    if (!this.#isOpen) this.#seen.add(job.id);
    return job;
  }

  #visible(job: Job | null): Job | null {
    if (job === null || !this.#sees(job)) return null;
    if (!this.#isOwn(job)) this.#viewer.note('read', job.id);
    this.#seen.add(job.id);
    return job;
  }

  /** Nobody is asked who they are, so there is nothing to check. */
  get #isOpen(): boolean {
    return this.#viewer.owner === null && this.#viewer.seesAll;
  }

  #sees(job: Job): boolean {
    return this.#viewer.seesAll || this.#isOwn(job);
  }

  /** A job without an owner is nobody's, not everybody's. */
  #isOwn({ owner }: Job): boolean {
    return this.#isOpen || (owner !== null && owner === this.#viewer.owner);
  }
}

/**
 * Those of the given answers whose question is asked, or was answered before. The others are left
 * out, because nobody has checked them: their question may only come a moment later.
 */
function answersTo(input: JobInput | null, given: InputAnswers): InputAnswers {
  const isAsked = (key: string): boolean =>
    input !== null && (Object.hasOwn(input.requests, key) || Object.hasOwn(input.answers, key));
  return Object.fromEntries(Object.entries(given).filter(([key]) => isAsked(key)));
}
