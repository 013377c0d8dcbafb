/*
 * Glossary. One word for one thing, here and in the docs.
 *
 * What there is
 * - job: one tool call, durable from the moment its id is handed out until retention removes it
 * - tool: what a client can call; its entry in the tools file says which route its jobs take
 * - route: the steps that a job's message visits, in order, and the step where it is now
 * - step: one stop of a route, named after the actor that works there
 * - actor: a process that takes messages from its step's queue, works, and passes the result on
 * - envelope: the message that an actor receives (see envelope.ts)
 * - child: a job that an actor split off another job, its parent, by returning several results
 * - end queue: `happy-end` or `error-end`, where the message of a finished job goes
 * - first and second generation: the two forms in which actors and clients of earlier releases of
 *   Asya speak; the second generation calls a job an envelope and a step an actor
 * - owner: whose a job is; children have their parent's
 * - viewer: on whose behalf a client reaches jobs; it sees its own, an operator everybody's
 *
 * What happens to a job
 * - event: something that happens to a job: a report, an answer, a deadline (see event.ts)
 * - report: what an actor tells of a job: a heartbeat, progress, a question or the outcome
 * - heartbeat: an actor's sign of life; a job that goes without one for too long fails
 * - transition: the decision what an event makes of a job, or why it changes nothing, which is a
 *   refusal (see transition.ts, decision.ts)
 * - update: one entry of a job's history; what streams carry
 * - seq: an update's number within its job: 1, 2, 3 … without gaps
 * - outcome: how a job ended: a result, an error or a cancellation
 * - attempt: one try at a job's work; a tool's `retry` says how often a job is tried before it fails
 * - final status: Succeeded, Failed or Cancelled; a job never leaves it
 * - deadline: the instant at which a job fails by itself
 * - input: what an actor asks the caller for; the job waits, its message does not (see job-input.ts)
 * - answer: what the caller, or a person on its behalf, gives to a question of that kind
 * - called off: ended by something other than an actor, which may still be at work on the job
 *
 * Who does it
 * - dispatch: sending a job's message, waiting for the broker's confirm, then marking the job
 * - outbox: the jobs whose message is still to be sent, which are the rows not marked as dispatched
 * - lease: the time during which one dispatcher alone sends a job of the outbox
 * - reaper: ends jobs whose deadline passed or whose heartbeat was lost, and removes old jobs
 * - hint: word that a job may have new updates; the rows are the truth
 * - dead letter: a message that nobody can use, kept for a person to look at
 * - store, broker: where jobs are kept, and how messages travel; each has an adapter for production
 *   and one in memory
 */
import type { Json, JsonObject } from '../lib/json.ts';
import type { JobInput } from './job-input.ts';
import type { RetryPolicy } from './rules/retry-rules.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

export const jobStatuses = [
  'Pending',
  'Running',
  'InputRequired',
  'Succeeded',
  'Failed',
  'Cancelled',
] as const;

/** What an id looks like: UUIDs are, and so are the ids other systems give. */
export const jobIdPattern = '^[A-Za-z0-9_-]{1,128}$';

const jobIdFormat = new RegExp(jobIdPattern);

/** Can this be the id of a job? A store need not even be able to look for anything else. */
export function isJobId(value: unknown): value is string {
  return typeof value === 'string' && jobIdFormat.test(value);
}

/**
 * Pending: waiting for an actor. Running: an actor picked it up. InputRequired: waiting for answers to
 * what an actor asked. The last three are final.
 */
export type JobStatus = (typeof jobStatuses)[number];

export type FinalStatus = 'Succeeded' | 'Failed' | 'Cancelled';

/** Why a job failed or was cancelled, for machines; absent in every other status. */
export type Reason = FailureReason | CancelReason;

/**
 * - ActorError: the actor reported it
 * - DeadlineExceeded: not finished by its deadline
 * - HeartbeatLost: no heartbeat within the tool's `heartbeat_timeout` after pick-up
 * - Unroutable: no queue took the message within the grace period
 * - PublishFailed: the broker refuses this message for good
 * - ResultRejected: an actor reported how the job ended, and the gateway cannot keep what it said
 */
export type FailureReason =
  | 'ActorError'
  | 'DeadlineExceeded'
  | 'HeartbeatLost'
  | 'Unroutable'
  | 'PublishFailed'
  | 'ResultRejected';

export type CancelReason = 'CancelledByClient' | 'CancelledByOperator';

/** What an actor does with a job's message at one step. */
export type StepStatus = 'received' | 'processing' | 'completed' | 'error';

export interface Route {
  /** Step names in order; at least one, but for a child of which only its outcome is known. */
  readonly steps: readonly string[];
  /** Index into `steps` of the step the message is at. */
  readonly current: number;
  /** Free-form; `job_id` is always there, because actors of the first generation read it. */
  readonly metadata: JsonObject;
}

/** The part of a job that transitions read and write. */
export interface JobState {
  /** UUIDv7, or `{parent}-{n}` for a fan-out child. */
  readonly id: string;
  /** Null for children and for jobs made without a tool. */
  readonly tool: string | null;
  readonly status: JobStatus;
  readonly reason: Reason | null;
  readonly route: Route;
  readonly result: Json;
  /** Human-readable; set on Failed, and on Cancelled if a reason was given. */
  readonly error: string | null;
  /** As the actor gave it, usually `{message, type, traceback}`. */
  readonly errorDetails: Json;
  readonly message: string | null;
  /** 0 to 100; never decreases; 100 exactly when Succeeded. */
  readonly progressPercent: number;
  readonly currentStep: string | null;
  readonly stepStatus: StepStatus | null;
  readonly stepsCompleted: number;
  readonly deadline: EpochMs | null;
  /** Longest silence after pick-up, in seconds; 0: unlimited. */
  readonly heartbeatTimeoutSeconds: number;
  readonly lastHeartbeatAt: EpochMs | null;
  /** When silence becomes HeartbeatLost; null while nobody has to beat. */
  readonly heartbeatDueAt: EpochMs | null;
  /** What a step asked for last; null: nothing, or the job has gone on to a later step. */
  readonly input: JobInput | null;
  /**
   * How long a question may stay unanswered, in seconds; the deadline stands still meanwhile. 0: it
   * goes on, and nothing else limits the wait.
   */
  readonly inputTimeoutSeconds: number;
  /** When its message was seen to be with the broker or an actor; null: it is in the outbox. */
  readonly dispatchedAt: EpochMs | null;
  /** The update that put the job into the outbox: it comes there once more with each answer. */
  readonly outboxSeq: number;
  /** How it is tried again before it fails. Null: not at all. */
  readonly retry: RetryPolicy | null;
  /** Counts the attempts from 1. */
  readonly attempt: number;
  /** When the present attempt begins, which is not the first. Null: it has begun. */
  readonly retryAt: EpochMs | null;
  /** The newest update's seq. */
  readonly seq: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly finishedAt: EpochMs | null;
}

export interface Job extends JobState {
  /** Fan-out children only. */
  readonly parentId: string | null;
  /**
   * Whose it is, such as `corp|alice` or `key|ci`. Null: it was made while nobody was asked who they
   * are, or it is a child whose parent is not known.
   */
  readonly owner: string | null;
  /** The job that this one repeats, because a person or a program asked for that. */
  readonly retryOf: string | null;
  /** The tool's arguments with defaults applied. */
  readonly payload: Json;
  /** Sent with the envelope, such as `traceparent`; never the caller's credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds from creation to the deadline; 0: no deadline. */
  readonly timeoutSeconds: number;
}

/** One entry of a job's history. Absent facts are null. */
export interface JobUpdate {
  readonly jobId: string;
  readonly seq: number;
  readonly status: JobStatus;
  readonly reason: Reason | null;
  readonly message: string | null;
  readonly step: string | null;
  readonly stepStatus: StepStatus | null;
  readonly progressPercent: number | null;
  readonly result: Json;
  readonly error: string | null;
  readonly timestamp: EpochMs;
}

export function isFinal(status: JobStatus): status is FinalStatus {
  return status === 'Succeeded' || status === 'Failed' || status === 'Cancelled';
}

/**
 * May an actor still work on this job? False once it finished, passed its deadline, or waits for
 * input.
 */
export function isActive(job: JobState, now: EpochMs): boolean {
  const past = job.deadline !== null && now >= job.deadline;
  return !past && (job.status === 'Pending' || job.status === 'Running');
}
