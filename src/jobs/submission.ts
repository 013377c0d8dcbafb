import type { Json, JsonObject } from '../lib/json.ts';
import type { EpochMs, Job } from './job.ts';
import { newJob } from './new-job.ts';
import type { RetryPolicy } from './rules/retry-rules.ts';

/** What a caller wants done. */
export interface Submission {
  /** The new job's id, unless a job has it already; null: one that was never used. */
  readonly id?: string | null;
  /** Null for a job made without a tool. */
  readonly tool: string | null;
  readonly steps: readonly string[];
  readonly payload: Json;
  readonly metadata: JsonObject | null;
  readonly headers: Readonly<Record<string, string>>;
  /** 0: no deadline. */
  readonly timeoutSeconds: number;
  /** 0: unlimited silence. */
  readonly heartbeatTimeoutSeconds: number;
  /** How long a question may stay unanswered while the deadline stands still; 0: it goes on. */
  readonly inputTimeoutSeconds: number;
  /** How the job is tried again before it fails. Default: not at all. */
  readonly retry?: RetryPolicy | null;
  /** The job that this one repeats. Default: none. */
  readonly retryOf?: string | null;
}

/** A new job for what a caller wants done. */
export function submittedJob(
  submission: Submission,
  { id, owner }: Pick<Job, 'id' | 'owner'>,
  now: EpochMs,
): Job {
  const { tool, steps, payload, metadata, headers } = submission;
  const { timeoutSeconds, heartbeatTimeoutSeconds, inputTimeoutSeconds } = submission;
  return newJob(
    {
      id,
      parentId: null,
      owner,
      tool,
      route: { steps, current: 0, metadata: { ...metadata, job_id: id } },
      payload,
      headers,
      timeoutSeconds,
      deadline: timeoutSeconds > 0 ? now + timeoutSeconds * 1000 : null,
      heartbeatTimeoutSeconds,
      inputTimeoutSeconds,
      retry: submission.retry ?? null,
      retryOf: submission.retryOf ?? null,
      dispatchedAt: null,
    },
    now,
  );
}
