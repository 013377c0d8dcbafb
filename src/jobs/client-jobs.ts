import type { Clock } from '../lib/clock.ts';
import type { Json } from '../lib/json.ts';
import { makeStorable, storableText } from '../lib/storable.ts';
import { answerFaults } from './answer-faults.ts';
import { parentCancelled } from './child.ts';
import type { Dispatcher } from './dispatcher.ts';
import { freshId } from './fresh-id.ts';
import { isSameCall } from './idempotency.ts';
import type { JobCreator } from './job-creator.ts';
import type { JobEvents } from './job-events.ts';
import type { JobFeed, SubscribeOptions } from './job-feed.ts';
import type { InputAnswers, JobInput } from './job-input.ts';
import type { JobReader } from './job-reader.ts';
import {
  StoreUnavailable,
  type ApplyOutcome,
  type JobPage,
  type JobStore,
  type ListPosition,
  type ListQuery,
} from './job-store.ts';
import { isFinal, type CancelReason, type Job, type JobUpdate } from './job.ts';
import { submittedJob, type Submission } from './submission.ts';

/** A page of jobs with larger results than that is shorter than its limit says. */
const maxPageBytes = 8 * 1_048_576;

interface ClientJobsParts {
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

/** `invalid`: nothing was stored; each fault is a sentence that names the answer by its path. */
export type AnswerOutcome =
  ApplyOutcome | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/**
 * Everything that a client may do with jobs, and the only way by which a client reaches one.
 *
 * Every method throws StoreUnavailable while the store is away, and Overloaded when too many calls
 * are waiting for it.
 */
export class ClientJobs {
  readonly #parts: ClientJobsParts;

  constructor(parts: ClientJobsParts) {
    this.#parts = parts;
  }

  /**
   * Commits a new job and hands it to the dispatcher. Once this resolves, the job reaches its queue
   * or fails with a reason, whatever becomes of this process.
   *
   * @throws BrokerUnavailable before anything is stored, if no message can be sent at the moment
   */
  async submit(submission: Submission): Promise<Job> {
    const { creator, dispatcher, clock } = this.#parts;
    dispatcher.assertAvailable();
    const now = clock();
    const wanted = submittedJob(submission, submission.id ?? freshId(now), now);
    if (await creator.createAndSend(wanted)) return wanted;
    const job = submittedJob(submission, freshId(now), now);
    if (await creator.createAndSend(job)) return job;
    throw new Error('a fresh id was taken');
  }

  /**
   * Commits a new job unless there is one with this id, which says what the job is for; see
   * idempotency.ts. So it may be called often and anywhere. A job that is there already is found while
   * the broker is away, too.
   *
   * @throws BrokerUnavailable with nothing stored, if there is no such job yet and no message can be
   *   sent at the moment
   */
  async submitOnce(id: string, submission: Submission): Promise<OnceSubmitted> {
    const { creator, dispatcher, reader, clock } = this.#parts;
    // The job may be removed between the two looks at it, and then a new one may be made.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (dispatcher.isAvailable()) {
        const job = submittedJob(submission, id, clock());
        if (await creator.createAndSend(job)) return { kind: 'created', job };
      }
      const job = await reader.get(id);
      if (job !== null) return { kind: isSameCall(job, submission) ? 'existing' : 'mismatch', job };
      dispatcher.assertAvailable();
    }
    throw new StoreUnavailable(`the job ${id} was being removed`);
  }

  /** Null: no job has this id. */
  get(id: string): Promise<Job | null> {
    return this.#parts.reader.get(id);
  }

  /** The newest jobs, or those before a position: as many as one response may well hold. */
  list(query: Omit<ListQuery, 'maxBytes'>): Promise<JobPage> {
    return this.#parts.store.list({ ...query, maxBytes: maxPageBytes });
  }

  /**
   * A job's updates: the history after a position, then what happens; see `JobFeed.subscribe`.
   *
   * @throws StoreUnavailable if the store is away when it begins
   */
  watch(id: string, options: SubscribeOptions): AsyncGenerator<readonly JobUpdate[]> {
    return this.#parts.feed.subscribe(id, options);
  }

  /**
   * Answers what a job asked for, as far as it is still asked; with the last answer its step runs
   * again.
   */
  async answer(id: string, given: InputAnswers): Promise<AnswerOutcome> {
    const { reader, events, dispatcher } = this.#parts;
    const input = (await reader.get(id))?.input ?? null;
    const answers = answersTo(input, makeStorable(given) as InputAnswers);
    const faults = answerFaults(input?.requests ?? {}, answers);
    if (faults.length > 0) return { kind: 'invalid', faults };
    const outcome = await events.apply(id, { type: 'answered', answers });
    if (outcome.kind === 'applied' && outcome.state.dispatchedAt === null) dispatcher.wake();
    return outcome;
  }

  /** Fails a job because its client cannot give what the job asks for. */
  refuseInput(id: string, error: string): Promise<ApplyOutcome> {
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
   * Cancels a job, and then its children. A repeated cancellation goes through the children once more,
   * so whoever got no answer can make sure of them by asking again.
   *
   * @param message what the canceller said, if anything
   * @param details what programs need to know of the cancellation
   */
  async cancel(
    id: string,
    reason: CancelReason,
    message: string | null,
    details: Json = null,
  ): Promise<ApplyOutcome> {
    const { events } = this.#parts;
    const outcome = await events.apply(id, { type: 'cancelled', reason, message, details });
    if (outcome.kind !== 'unknown' && outcome.state.status === 'Cancelled') {
      for await (const child of this.#unfinishedChildren(id)) {
        await this.cancel(child.id, reason, parentCancelled, details);
      }
    }
    return outcome;
  }

  /** In pages, so that a fan-out of any size takes little memory. */
  async *#unfinishedChildren(parentId: string): AsyncGenerator<Job> {
    const query = { status: null, tool: null, parentId, createdAfter: null, limit: 200 };
    for (let before: ListPosition | null = null, more = true; more;) {
      const page: JobPage = await this.list({ ...query, before });
      yield* page.jobs.filter(({ status }) => !isFinal(status));
      before = page.jobs.at(-1) ?? null;
      ({ more } = page);
    }
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
