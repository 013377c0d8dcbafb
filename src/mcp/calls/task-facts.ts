import { isFinal, type EpochMs, type JobState } from '../../jobs/job.ts';

/** What is said of a task alike in every protocol version; the task's id is the job's. */
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
    createdAt: instant(job.createdAt),
    lastUpdatedAt: instant(job.updatedAt),
  };
}

/**
 * How long a task can be asked for, in milliseconds from its creation; null: without a limit. Until
 * it is finished it is taken to need all its time.
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

function instant(ms: EpochMs): string {
  return new Date(ms).toISOString();
}
