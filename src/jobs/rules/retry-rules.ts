import { changed, type Decision } from './decision.ts';
import type { JobEvent } from '../event.ts';
import type { EpochMs, FailureReason, JobState } from '../job.ts';
import { placeOn } from './route-rules.ts';

/** The failures that a tool may have tried again. A deadline that has passed leaves no time to try. */
export const retryReasons = [
  'ActorError',
  'HeartbeatLost',
  'Unroutable',
  'PublishFailed',
] as const satisfies readonly FailureReason[];

export type RetryReason = (typeof retryReasons)[number];

/** How a job is tried again before it fails. */
export interface RetryPolicy {
  /** Most attempts, the first one included; at least 2. */
  readonly attempts: number;
  /** Seconds from the first failure to the second attempt. The pause doubles with each attempt. */
  readonly delaySeconds: number;
  /** Longest pause between two attempts, in seconds. */
  readonly maxDelaySeconds: number;
  readonly on: readonly RetryReason[];
}

export interface Failure {
  readonly reason: FailureReason;
  /** One sentence for humans. */
  readonly error: string;
}

/**
 * The job as it waits for its next attempt. It goes back into the outbox, which sends its message
 * again once the pause is over: the message of the step that asked last, if its answers were not used
 * up, else the first message. The deadline stays as it is.
 *
 * @returns null if the job is not tried again: its policy does not say so, all attempts are used up,
 *   or its deadline comes before the next attempt would begin
 */
export function nextAttempt(job: JobState, failure: Failure, now: EpochMs): Decision | null {
  const { retry, attempt, deadline, route, input } = job;
  // Whoever was asked may still answer, and an attempt that begins meanwhile would ask again.
  if (job.status === 'InputRequired') return null;
  if (
    retry === null ||
    attempt >= retry.attempts ||
    !retry.on.some((reason) => reason === failure.reason)
  )
    return null;
  const pauseSeconds = pauseAfter(attempt, retry);
  const retryAt = now + pauseSeconds * 1000;
  if (deadline !== null && retryAt >= deadline) return null;

  const current = placeOn(route.steps, input?.stepIndex ?? 0);
  return changed(
    {
      ...job,
      status: 'Pending',
      attempt: attempt + 1,
      retryAt,
      route: { ...route, current },
      currentStep: route.steps[current] ?? null,
      stepStatus: null,
      stepsCompleted: current,
      heartbeatDueAt: null,
      dispatchedAt: null,
      outboxSeq: job.seq + 1,
      message:
        `Attempt ${attempt} of ${retry.attempts} failed (${failure.reason}: ${failure.error}); ` +
        `the next begins in ${pauseSeconds} s`,
    },
    now,
  );
}

function pauseAfter(attempt: number, { delaySeconds, maxDelaySeconds }: RetryPolicy): number {
  return Math.min(maxDelaySeconds, delaySeconds * 2 ** Math.min(attempt - 1, 30));
}

/**
 * Whether an event comes from an attempt before the present one. Such an event changes nothing, but
 * for a success. Actors that do not tell their attempt are taken to be of the present one, unless its
 * message cannot have been sent yet.
 */
export function isOfOlderAttempt(
  { attempt, retryAt }: JobState,
  event: JobEvent,
  now: EpochMs,
): boolean {
  switch (event.type) {
    case 'heartbeat':
    case 'progress':
    case 'asked':
    case 'failed':
      if (event.attempt !== undefined) return event.attempt < attempt;
      return retryAt !== null && now < retryAt;
    default:
      return false;
  }
}
