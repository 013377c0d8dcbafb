import type { JobState } from '../../jobs/job.ts';
import { instantText } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';
import { objectResult, type CallOutcome } from '../../calls/call-result.ts';

/** How far a job has come, for a model. */
export function statusResult(job: JobState): CallOutcome {
  return { kind: 'result', result: objectResult(statusOf(job)) };
}

function statusOf(job: JobState): JsonObject {
  return {
    job_id: job.id,
    status: job.status,
    ...(job.reason !== null && { reason: job.reason }),
    ...(job.error !== null && { error: job.error }),
    message: job.message,
    ...(job.status === 'InputRequired' && {
      input_requests: job.input?.requests ?? {},
    }),
    progress_percent: job.progressPercent,
    current_step: job.currentStep,
    steps_completed: job.stepsCompleted,
    total_steps: job.route.steps.length,
    created_at: instantText(job.createdAt),
    updated_at: instantText(job.updatedAt),
    ...(job.deadline !== null && { deadline: instantText(job.deadline) }),
    ...(job.finishedAt !== null && { finished_at: instantText(job.finishedAt) }),
  };
}
