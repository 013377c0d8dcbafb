import type { Json, JsonObject } from '../lib/json.ts';
import type { InputAnswers, InputRequests } from './job-input.ts';
import type { CancelReason, EpochMs, StepStatus } from './job.ts';

/** Everything that can happen to a job after it was created. */
export type JobEvent =
  | Heartbeat
  | Progress
  | Asked
  | Answered
  | Succeeded
  | Failed
  | Cancelled
  | { readonly type: 'deadline' }
  | HeartbeatLost;

export type EventType = JobEvent['type'];
export type EventOf<T extends EventType> = Extract<JobEvent, { type: T }>;

/** An actor's sign of life. If it names only the actor, the route tells which step that is. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  /** Which attempt at the job's work it belongs to, from 1. Absent: the actor does not tell. */
  readonly attempt?: number;
  readonly actorName: string;
  /** 0-based; of an actor that a route visits twice. Absent: the actor does not tell. */
  readonly stepIndex?: number;
  readonly stepStatus: Exclude<StepStatus, 'error'>;
  readonly message: string | null;
  /** How much of the step is done, 0 to 100; absent: guessed from the status. */
  readonly percent?: number;
}

/** A timer: has the actor been silent for too long? */
export interface HeartbeatLost {
  readonly type: 'heartbeat-lost';
  /** Since when heartbeats could be heard; silence before that proves nothing. Absent: always. */
  readonly heardSince?: EpochMs;
}

/** How far a message has come on its route. */
export interface Progress {
  readonly type: 'progress';
  /** Which attempt at the job's work it belongs to, from 1. Absent: the actor does not tell. */
  readonly attempt?: number;
  readonly step: string;
  /** 0-based, below `totalSteps`. */
  readonly stepIndex: number;
  readonly totalSteps: number;
  readonly stepStatus: Exclude<StepStatus, 'error'>;
  readonly message: string | null;
  /**
   * The whole route as the message has it. If it is longer than the job's, an actor added steps, and it
   * takes the place of the job's. Absent: the report does not tell.
   */
  readonly route?: readonly string[];
  /** How much of the step is done, 0 to 100; absent: guessed from the status. */
  readonly percent?: number;
}

/** A step cannot go on without input. Its message is acknowledged and sent again with the answers. */
export interface Asked {
  readonly type: 'asked';
  /** Which attempt at the job's work it belongs to, from 1. Absent: the actor does not tell. */
  readonly attempt?: number;
  readonly step: string;
  /** 0-based. */
  readonly stepIndex: number;
  /** The whole route as the message has it, by which it goes on. Default: the job's. */
  readonly route?: readonly string[];
  readonly requests: InputRequests;
  /** What the step was given, and will be given again. */
  readonly payload: Json;
  /** The route's metadata as the step's message had it. */
  readonly metadata: JsonObject;
}

/** The caller, or a person on its behalf, answered. Answers to questions that are not asked do not count. */
export interface Answered {
  readonly type: 'answered';
  readonly answers: InputAnswers;
}

export interface Succeeded {
  readonly type: 'succeeded';
  readonly result: Json;
}

/**
 * The work failed (ActorError), its message could not be handed to an actor, or what the actor reported
 * in the end cannot be kept (ResultRejected).
 */
export interface Failed {
  readonly type: 'failed';
  /** Which attempt at the job's work it belongs to, from 1. Absent: it is not known. */
  readonly attempt?: number;
  readonly reason: 'ActorError' | 'Unroutable' | 'PublishFailed' | 'ResultRejected';
  readonly error: string;
  readonly details: Json;
  /** Whether another attempt could do better. Default: yes. */
  readonly mayRetry?: boolean;
}

export interface Cancelled {
  readonly type: 'cancelled';
  readonly reason: CancelReason;
  /** What the canceller said, if anything. */
  readonly message: string | null;
  /** What programs need to know of the cancellation; kept as the job's `errorDetails`. Default: null. */
  readonly details?: Json;
}
