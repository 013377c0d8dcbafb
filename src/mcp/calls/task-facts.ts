import { isFinal, type JobState } from '../../jobs/job.ts';
import { instantText } from '../../lib/clock.ts';

/** What every protocol version says of a task in the same words. The task's id is the job's. */
export interface TaskFacts {
  readonly taskId: string;
  readonly statusMessage?: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
}

/** What clients are asked to wait between two looks at a task, in milliseconds. */
export const pollIntervalMs = 1_000;

export function taskFacts(job: JobState): TaskFacts {
  const statusMessage = messageOf(job);
  return {
    taskId: job.id,
    ...(statusMessage !== null && { statusMessage }),
    createdAt: instantText(job.createdAt),
    lastUpdatedAt: instantText(job.updatedAt),
  };
}

/**
 * How long a task can be asked for, in milliseconds from its creation; null: without a limit. A task
 * that is not finished is expected to need all the time it has.
 *
 * @param retentionSeconds how long a finished job is kept; 0: for ever
 */
export function lifetimeMs(job: JobState, retentionSeconds: number): number | null {
  const end = job.finishedAt ?? job.deadline;
  return end === null || retentionSeconds === 0
    ? null
    : end - job.createdAt + retentionSeconds * 1_000;
}

function messageOf(job: JobState): string | null {
  if (isFinal(job.status)) return job.error ?? job.message;
  switch (job.status) {
    case 'Pending':
      return 'queued';
    case 'Running':
      return positionOf(job);
    case 'InputRequired':
      return job.message;
  }
}

/** `step 2 of 5 · enhance · 40 %` */
function positionOf({ route, currentStep, progressPercent }: JobState): string {
  const step = `step ${route.current + 1} of ${route.steps.length}`;
  return [step, currentStep, `${Math.floor(progressPercent)} %`]
    .filter((part) => part !== null)
    .join(' · ');
}
