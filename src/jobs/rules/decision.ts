import { isFinal, type EpochMs, type JobState, type JobUpdate } from '../job.ts';

/**
 * Why an event changes nothing:
 * - finished: a report for a job that is over
 * - past-deadline: a report for a job that ran out of time
 * - waiting-for-input: a report for a job that no actor should be working on
 * - not-asked: an answer to a question that is not asked, or no longer
 * - repeated: this very outcome already stands, or this very question was answered
 * - conflict: another outcome already stands
 * - stale-attempt: a report, or a failure, of an attempt before the present one
 * - not-due: a timer that does not apply, or no longer
 */
export type Refusal =
  | 'finished'
  | 'past-deadline'
  | 'waiting-for-input'
  | 'not-asked'
  | 'repeated'
  | 'conflict'
  | 'stale-attempt'
  | 'not-due';

export type Decision =
  | { readonly kind: 'applied'; readonly state: JobState; readonly update: JobUpdate | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The update every history begins with. */
export function firstUpdate(job: JobState): JobUpdate {
  return updateOf(job);
}

/** The job as an event leaves it, and the entry of its history that says so. */
export function changed(job: JobState, now: EpochMs): Decision {
  const state = { ...job, seq: job.seq + 1, updatedAt: now };
  return { kind: 'applied', state, update: updateOf(state) };
}

function updateOf(job: JobState): JobUpdate {
  return {
    jobId: job.id,
    seq: job.seq,
    status: job.status,
    reason: job.reason,
    message: job.message,
    step: job.currentStep,
    stepStatus: job.stepStatus,
    progressPercent: job.progressPercent,
    result: isFinal(job.status) ? job.result : null,
    error: job.error,
    timestamp: job.updatedAt,
  };
}
