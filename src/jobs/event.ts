import type { Json } from '../lib/json.ts';
import type { CancelReason, EpochMs, StepStatus } from './job.ts';

/** Everything that can happen to a job after it was created. */
export type JobEvent =
  | Heartbeat
  | Progress
  | Succeeded
  | Failed
  | Cancelled
  | { readonly type: 'deadline' }
  | HeartbeatLost;

export type EventType = JobEvent['type'];
export type EventOf<T extends EventType> = Extract<JobEvent, { type: T }>;

/** An actor's sign of life. Where it names only the actor, the route tells which step that is. */
export interface Heartbeat {
  readonly type: 'heartbeat';
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
  /** Silence from before, while nobody could hear, proves nothing. Absent: somebody always could. */
  readonly heardSince?: EpochMs;
}

/** How far a message has come on its route. */
export interface Progress {
  readonly type: 'progress';
  readonly step: string;
  /** 0-based, below `totalSteps`. */
  readonly stepIndex: number;
  readonly totalSteps: number;
  readonly stepStatus: Exclude<StepStatus, 'error'>;
  readonly message: string | null;
  /**
   * The whole route as the message has it. Longer than the job's, it takes its place: an actor added
   * steps. Left out where the report does not tell.
   */
  readonly route?: readonly string[];
  /** How much of the step is done, 0 to 100; absent: guessed from the status. */
  readonly percent?: number;
}

export interface Succeeded {
  readonly type: 'succeeded';
  readonly result: Json;
}

/** The work failed (ActorError), or its message could not be handed to an actor. */
export interface Failed {
  readonly type: 'failed';
  readonly reason: 'ActorError' | 'Unroutable' | 'PublishFailed';
  readonly error: string;
  readonly details: Json;
}

export interface Cancelled {
  readonly type: 'cancelled';
  readonly reason: CancelReason;
  /** What the canceller said, if anything. */
  readonly message: string | null;
}
