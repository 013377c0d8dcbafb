import type { EventOf } from './event.ts';
import { resumedDeadline } from './rules/input-rules.ts';
import type { EpochMs, Job } from './job.ts';
import { newJob } from './new-job.ts';
import { placeOn } from './rules/route-rules.ts';

/** Why a child is cancelled that nobody cancelled by itself. */
export const parentCancelled = 'its parent was cancelled';

/** A fan-out child as the sidecar that made it describes it. */
export interface Child {
  readonly id: string;
  readonly parentId: string | null;
  /** Empty: its parent's. */
  readonly steps: readonly string[];
  /** Index into `steps` of the step its message is sent to; `steps.length`: to the end. */
  readonly current: number;
}

/** What a report tells of a child that nobody registered before. */
export interface ChildClaim {
  /** Null: to be read off the id. */
  readonly parentId: string | null;
  /** Empty: its parent's. */
  readonly steps: readonly string[];
  /** Whether the child is created all the same if no parent is named or found. */
  readonly orphan: 'create' | 'refuse';
}

/**
 * The job for a child: it goes on where its parent stood, and ends when its parent has to.
 *
 * @param parent null: unknown, or removed since; the child then has no deadline and no owner
 */
export function childJob(child: Child, parent: Job | null, now: EpochMs): Job {
  const { id, parentId } = child;
  const steps = child.steps.length > 0 ? child.steps : (parent?.route.steps ?? []);
  const current = placeOn(steps, child.current);
  const job = newJob(
    {
      id,
      parentId,
      // Whatever a report says: whose a job is, only its caller's credential tells.
      owner: parent?.owner ?? null,
      tool: null,
      route: { steps, current, metadata: { ...parent?.route.metadata, job_id: id } },
      payload: null,
      headers: parent?.headers ?? {},
      timeoutSeconds: parent?.timeoutSeconds ?? 0,
      deadline: parent && resumedDeadline(parent, now),
      heartbeatTimeoutSeconds: parent?.heartbeatTimeoutSeconds ?? 0,
      inputTimeoutSeconds: parent?.inputTimeoutSeconds ?? 0,
      // The gateway does not have its message, so it cannot send it again.
      retry: null,
      retryOf: null,
      // Its sidecar sends its message.
      dispatchedAt: now,
    },
    now,
  );
  return { ...job, stepsCompleted: Math.min(child.current, steps.length) };
}

/** What a cancellation of a parent means to its children that are not finished. */
export function cancelledWith({ reason, errorDetails }: Job): EventOf<'cancelled'> {
  return {
    type: 'cancelled',
    reason: reason === 'CancelledByOperator' ? reason : 'CancelledByClient',
    message: parentCancelled,
    details: errorDetails,
  };
}

/** The parent's id, which is the child's without the `-n` that a sidecar appends. Null: there is no `-n`. */
export function parentIdOf(id: string): string | null {
  return /^(.+)-\d+$/.exec(id)?.[1] ?? null;
}
