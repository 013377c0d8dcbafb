import { Batcher } from '../lib/batcher.ts';
import type { Clock } from '../lib/clock.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { makeStorable } from '../lib/storable.ts';
import { childJob, parentIdOf, type Child, type ChildClaim } from './child.ts';
import { announceEnds, type Announcer } from './announcer.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { JobEvent } from './event.ts';
import { answerFaults } from './answer-faults.ts';
import { freshId } from './fresh-id.ts';
import type { JobFeed } from './job-feed.ts';
import type { InputAnswers, JobInput } from './job-input.ts';
import { isActive, type CancelReason, type EpochMs, type Job, type JobUpdate } from './job.ts';
import {
  StoreUnavailable,
  type AddressedEvent,
  type ApplyOutcome,
  type JobStore,
  type ListQuery,
} from './job-store.ts';
import { newJob } from './new-job.ts';
import { sizeOfEvent, sizeOfJob } from './size.ts';
import { transition } from './transition.ts';

/** What a caller wants done. */
export interface Submission {
  /** The new job's id, unless a job has it already; null: one that was never used. */
  readonly id?: string | null;
  /** Null for a job made without a tool. */
  readonly tool: string | null;
  readonly steps: readonly string[];
  readonly payload: Json;
  readonly metadata: JsonObject | null;
  readonly headers: Readonly<Record<string, string>>;
  /** 0: no deadline. */
  readonly timeoutSeconds: number;
  /** 0: unlimited silence. */
  readonly heartbeatTimeoutSeconds: number;
  /** How long a question may stay unanswered while the deadline stands still; 0: it goes on. */
  readonly inputTimeoutSeconds: number;
}

interface Parts {
  readonly store: JobStore;
  readonly dispatcher: Dispatcher;
  readonly announcer: Announcer;
  /** Told what was committed. */
  readonly feed: Pick<JobFeed, 'committed'>;
  readonly clock: Clock;
}

/** `invalid`: nothing was stored; each fault is a sentence that names the answer by its path. */
export type AnswerOutcome =
  ApplyOutcome | { readonly kind: 'invalid'; readonly faults: readonly string[] };

/**
 * What became of a new job: its id is taken, it is the dispatcher's, or, in a burst that the dispatcher
 * has no room for, whose it is is still open.
 */
type Creation = 'taken' | 'leased' | 'left';

/** The only door to a job. Its calls throw StoreUnavailable or BrokerUnavailable in an outage. */
export class JobService {
  readonly #store: JobStore;
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #creates: Batcher<Job, Creation>;
  readonly #events: Batcher<AddressedEvent, ApplyOutcome>;
  readonly #reads: Batcher<string, Job | null>;

  constructor({ store, dispatcher, announcer, feed, clock }: Parts) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#creates = new Batcher(
      async (jobs) => {
        const now = clock();
        const leasedUntil = dispatcher.leaseFrom(now);
        const created = await store.create(jobs, leasedUntil ?? now);
        const creation = leasedUntil === null ? 'left' : 'leased';
        return created.map((isNew) => (isNew ? creation : 'taken'));
      },
      { isolate, sizeOf: sizeOfJob },
    );
    this.#events = new Batcher(
      async (events) => {
        const outcomes = await store.apply(events, clock());
        announceEnds(announcer, outcomes);
        feed.committed(outcomes.flatMap(updateOf));
        return outcomes;
      },
      { isolate, sizeOf: ({ event }) => sizeOfEvent(event) },
    );
    this.#reads = new Batcher((ids) => store.get(ids));
  }

  /**
   * Commits a new job and hands it to the dispatcher. Once this resolves, the job reaches its queue
   * or fails with a reason, whatever becomes of this process.
   *
   * @throws BrokerUnavailable before anything is stored, if no message can be sent at the moment
   */
  async submit(submission: Submission): Promise<Job> {
    this.#dispatcher.assertAvailable();
    const now = this.#clock();
    const job =
      (await this.#create(submission, submission.id ?? freshId(now), now)) ??
      (await this.#create(submission, freshId(now), now));
    if (job === null) throw new Error('a fresh id was taken');
    return job;
  }

  /**
   * Notes down a fan-out child, whose message an actor's sidecar sends by itself. It has its
   * parent's deadline. False: it was there already.
   */
  async register(child: Child): Promise<boolean> {
    const parent = child.parentId === null ? null : await this.get(child.parentId);
    return (await this.#creates.add(childJob(child, parent, this.#clock()))) !== 'taken';
  }

  /**
   * Applies one event; events of one job added in order are decided in order.
   *
   * @param claim what the report knows of the job if it is a fan-out child that nobody registered;
   *   such a child is created as the event leaves it. Null: an unknown job stays unknown.
   */
  async apply(
    jobId: string,
    event: JobEvent,
    claim: ChildClaim | null = null,
  ): Promise<ApplyOutcome> {
    const outcome = await this.#events.add({ jobId, event });
    if (outcome.kind !== 'unknown' || claim === null) return outcome;
    return this.#adopt(jobId, event, claim);
  }

  /**
   * Answers what a job asked for, as far as it is still asked; with the last answer its step runs
   * again.
   */
  async answer(jobId: string, given: InputAnswers): Promise<AnswerOutcome> {
    const input = (await this.get(jobId))?.input ?? null;
    const answers = answersTo(input, makeStorable(given) as InputAnswers);
    const faults = answerFaults(input?.requests ?? {}, answers);
    if (faults.length > 0) return { kind: 'invalid', faults };
    const outcome = await this.apply(jobId, { type: 'answered', answers });
    if (outcome.kind === 'applied' && outcome.state.dispatchedAt === null) this.#dispatcher.wake();
    return outcome;
  }

  get(id: string): Promise<Job | null> {
    return this.#reads.add(id);
  }

  /** May an actor (still) work on this job? False for an unknown one. */
  async isActive(id: string): Promise<boolean> {
    const job = await this.get(id);
    return job !== null && isActive(job, this.#clock());
  }

  /**
   * @param message what the canceller said, if anything
   * @param details what programs need to know of the cancellation
   */
  cancel(
    id: string,
    reason: CancelReason,
    message: string | null,
    details: Json = null,
  ): Promise<ApplyOutcome> {
    return this.apply(id, { type: 'cancelled', reason, message, details });
  }

  list(query: ListQuery): Promise<Job[]> {
    return this.#store.list(query);
  }

  /** Null if a job has the id already. */
  async #create(submission: Submission, id: string, now: EpochMs): Promise<Job | null> {
    const job = submittedJob(submission, id, now);
    const creation = await this.#creates.add(job);
    if (creation === 'taken') return null;
    if (creation === 'leased') this.#dispatcher.dispatch(job);
    else this.#dispatcher.leave();
    return job;
  }

  async #adopt(id: string, event: JobEvent, claim: ChildClaim): Promise<ApplyOutcome> {
    const likelyParent = claim.parentId ?? parentIdOf(id);
    const parent = likelyParent === null ? null : await this.get(likelyParent);
    // A parent named by the message may have been removed since; one read off the id must exist.
    const parentId = claim.parentId ?? parent?.id ?? null;
    if (parentId === null && claim.orphan === 'refuse') return { kind: 'unknown' };

    const now = this.#clock();
    const child = childJob({ id, parentId, steps: claim.steps, current: 0 }, parent, now);
    // The event is the first thing in its history.
    const decision = transition({ ...child, seq: 0 }, event, now);
    if (decision.kind === 'refused') return { kind: 'unknown' };
    const created = await this.#creates.add({ ...child, ...decision.state });
    return created === 'taken' ? this.#events.add({ jobId: id, event }) : decision;
  }
}

/**
 * Those that answer, or answered, what is asked. Others do not count, also if they would a moment
 * later: nobody has checked them.
 */
function answersTo(input: JobInput | null, given: InputAnswers): InputAnswers {
  const isAsked = (key: string): boolean =>
    input !== null && (Object.hasOwn(input.requests, key) || Object.hasOwn(input.answers, key));
  return Object.fromEntries(Object.entries(given).filter(([key]) => isAsked(key)));
}

function updateOf(outcome: ApplyOutcome): JobUpdate[] {
  return outcome.kind === 'applied' && outcome.update !== null ? [outcome.update] : [];
}

/** An outage is everybody's; whatever else fails a batch must not fail the calls beside it. */
function isolate(error: unknown): boolean {
  return !(error instanceof StoreUnavailable);
}

/** A new job for what a caller wants done. */
function submittedJob(submission: Submission, id: string, now: EpochMs): Job {
  const { tool, steps, payload, metadata, headers } = submission;
  const { timeoutSeconds, heartbeatTimeoutSeconds, inputTimeoutSeconds } = submission;
  return newJob(
    {
      id,
      parentId: null,
      tool,
      route: { steps, current: 0, metadata: { ...metadata, job_id: id } },
      payload,
      headers,
      timeoutSeconds,
      deadline: timeoutSeconds > 0 ? now + timeoutSeconds * 1000 : null,
      heartbeatTimeoutSeconds,
      inputTimeoutSeconds,
      dispatchedAt: null,
    },
    now,
  );
}
