import { isJsonObject } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';
import type { Reason } from './job.ts';
import type { ApplyOutcome } from './job-store.ts';

/** A job that ended though an actor may still be at work on it. */
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

/** The ends that do not come from an actor, which is then not done yet. */
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

/** The body of the message that announces it. */
export function encodeCalledOff({ jobId, reason }: CalledOffJob): string {
  return JSON.stringify({ job_id: jobId, reason });
}

/** @throws JsonError, TypeError */
export function decodeCalledOff(text: string): CalledOffJob {
  const body = parseJson(text);
  const { job_id: jobId, reason } = isJsonObject(body) ? body : {};
  if (typeof jobId !== 'string' || typeof reason !== 'string') {
    throw new TypeError('job_id and reason must be strings');
  }
  return { jobId, reason };
}
