import type { Job, JobStatus, JobUpdate } from '../../jobs/job.ts';
import { jobJson, updateJson } from '../jobs/job-json.ts';

/** Second-generation clients know four statuses. */
const statusWords: { readonly [S in JobStatus]: string } = {
  Pending: 'pending',
  Running: 'running',
  InputRequired: 'running',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Cancelled: 'failed',
};

/** A job as second-generation clients see it. */
export function envelopeJson(job: Job) {
  const {
    status,
    route: { steps, current, metadata },
    current_step,
    steps_completed,
    total_steps,
    ...rest
  } = jobJson(job);
  return {
    ...rest,
    status: statusWords[status],
    route: { actors: steps, current, metadata },
    current_actor_idx: current,
    current_actor_name: current_step,
    actors_completed: steps_completed,
    total_actors: total_steps,
  };
}

/** One entry of a job's history as second-generation clients see it. */
export function envelopeUpdateJson(update: JobUpdate) {
  const { job_id, status, step, step_status, ...rest } = updateJson(update);
  return {
    id: job_id,
    ...rest,
    status: statusWords[status],
    ...(step !== undefined && { actor: step }),
    ...(step_status !== undefined && { envelope_state: step_status }),
  };
}
