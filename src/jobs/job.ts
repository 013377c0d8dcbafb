/*
 * Glossary
 *
 * - job: one tool call, durable from the moment its id is handed out until retention removes it
 * - route: the steps a job's message visits, in order, and where it is now
 * - child: a job that an actor split off another, its parent, by returning several results
 * - step: one stop of a route, named after the actor that works there
 * - actor: a process that takes messages from its step's queue, works, and passes the result on
 * - envelope: the message an actor receives (see envelope.ts)
 * - event: something that happens to a job: a heartbeat, a result, a deadline (see event.ts)
 * - transition: the decision what an event makes of a job (see transition.ts)
 * - update: one entry of a job's history; what streams carry
 * - seq: an update's number within its job: 1, 2, 3 … without gaps
 * - deadline: the instant a job fails by itself
 * - heartbeat: an actor's sign of life; too long without one and the job fails
 * - outbox: the jobs still to be published, which are the rows not marked as dispatched
 * - dispatch: publishing a job's first envelope, confirmed by the broker, then marking the job
 * - input: what an actor asks the caller for; the job waits, its message does not (see job-input.ts)
 * - reaper: ends jobs whose deadline passed or whose heartbeat was lost, and removes old ones
 */
import type { Json, JsonObject } from '../lib/json.ts';
import type { JobInput } from './job-input.ts';

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
 */
export type FailureReason =
  'ActorError' | 'DeadlineExceeded' | 'HeartbeatLost' | 'Unroutable' | 'PublishFailed';

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
  /** The newest update's seq. */
  readonly seq: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly finishedAt: EpochMs | null;
}

export interface Job extends JobState {
  /** Fan-out children only. */
  readonly parentId: string | null;
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
