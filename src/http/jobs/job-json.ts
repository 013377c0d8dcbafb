import type { Job, JobUpdate } from '../../jobs/job.ts';
import { instantText } from '../../lib/clock.ts';

/** A job as clients see it. */
export function jobJson(job: Job) {
  return {
    id: job.id,
    ...(job.parentId !== null && { parent_id: job.parentId }),
    tool: job.tool,
    status: job.status,
    ...(job.reason !== null && { reason: job.reason }),
    ...(job.status === 'InputRequired' && { input_requests: job.input?.requests ?? {} }),
    route: job.route,
    payload: job.payload,
    result: job.result,
    error: job.error,
    error_details: job.errorDetails,
    message: job.message,
    progress_percent: job.progressPercent,
    current_step: job.currentStep,
    steps_completed: job.stepsCompleted,
    total_steps: job.route.steps.length,
    ...(job.retry !== null && { attempt: job.attempt, max_attempts: job.retry.attempts }),
    ...(job.retryAt !== null && { retry_at: instantText(job.retryAt) }),
    ...(job.retryOf !== null && { retry_of: job.retryOf }),
    timeout_seconds: job.timeoutSeconds,
    deadline: instantText(job.deadline),
    last_heartbeat_at: instantText(job.lastHeartbeatAt),
    created_at: instantText(job.createdAt),
    updated_at: instantText(job.updatedAt),
    finished_at: instantText(job.finishedAt),
  };
}

/** One entry of a job's history as clients see it. Members that are null are left out. */
export function updateJson(update: JobUpdate) {
  return {
    job_id: update.jobId,
    seq: update.seq,
    status: update.status,
    ...(update.reason !== null && { reason: update.reason }),
    ...(update.message !== null && { message: update.message }),
    ...(update.step !== null && { step: update.step }),
    ...(update.stepStatus !== null && { step_status: update.stepStatus }),
    ...(update.progressPercent !== null && { progress_percent: update.progressPercent }),
    // A result may be null, so only the status tells whether there is one.
    ...(update.status === 'Succeeded' && { result: update.result }),
    ...(update.error !== null && { error: update.error }),
    timestamp: instantText(update.timestamp),
  };
}
