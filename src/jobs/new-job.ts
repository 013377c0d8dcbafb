import type { EpochMs, Job } from './job.ts';

/** What is a new job's own; the rest begins alike for all. */
export type Beginning = Pick<
  Job,
  | 'id'
  | 'parentId'
  | 'owner'
  | 'tool'
  | 'route'
  | 'payload'
  | 'headers'
  | 'timeoutSeconds'
  | 'deadline'
  | 'heartbeatTimeoutSeconds'
  | 'inputTimeoutSeconds'
  | 'retry'
  | 'retryOf'
  | 'dispatchedAt'
>;

/** A pending job that nobody has worked on. */
export function newJob(beginning: Beginning, now: EpochMs): Job {
  const { steps, current } = beginning.route;
  return {
    ...beginning,
    status: 'Pending',
    reason: null,
    result: null,
    error: null,
    errorDetails: null,
    message: 'Job created',
    progressPercent: 0,
    currentStep: steps[current] ?? null,
    stepStatus: null,
    stepsCompleted: 0,
    lastHeartbeatAt: null,
    heartbeatDueAt: null,
    input: null,
    outboxSeq: 1,
    attempt: 1,
    retryAt: null,
    seq: 1,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
  };
}
