import type { Reason } from './job.ts';
import type { ApplyOutcome } from './job-store.ts';

/** A job that ended while an actor may still be at work on it. */
export interface CalledOffJob {
  readonly jobId: string;
  /** A Reason; a gateway newer than the actor may know more of them. */
  readonly reason: string;
}

/**
 * Tells all actors that a job was called off, so that they stop working on it. Best effort, never
 * throws and waits for nothing: an actor that does not hear of it wastes its work, and its result is
 * refused. Implemented by each broker adapter.
 */
export interface Announcer {
  calledOff(job: CalledOffJob): void;
}

/** The reasons that do not come from an actor, so that one may still be at work. */
const callingOff: ReadonlySet<Reason> = new Set<Reason>([
  'CancelledByClient',
  'CancelledByOperator',
  'DeadlineExceeded',
  'HeartbeatLost',
]);

/** Announces which jobs a batch of events called off. To be called after the commit. */
export function announceEnds(announcer: Announcer, outcomes: readonly ApplyOutcome[]): void {
  for (const outcome of outcomes) {
    if (outcome.kind !== 'applied') continue;
    const { id: jobId, reason } = outcome.state;
    if (reason !== null && callingOff.has(reason)) announcer.calledOff({ jobId, reason });
  }
}
