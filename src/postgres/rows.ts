import type { JsonObject } from '../lib/json.ts';
import { hasUnstorable, makeStorable } from '../lib/storable.ts';
import type { EpochMs, Job, JobState, JobUpdate } from '../jobs/job.ts';

/** How the route is stored: a column each. */
interface RouteColumns {
  readonly routeSteps: string[];
  readonly routeCurrent: number;
  readonly routeMetadata: JsonObject;
}

/** The columns that transitions read and write, in camel case. */
export type StateRow = Omit<JobState, 'route'> & RouteColumns;

export type JobRow = Omit<Job, 'route'> & RouteColumns;

export function stateOf(row: StateRow): JobState {
  const { routeSteps, routeCurrent, routeMetadata, ...rest } = row;
  return { ...rest, route: { steps: routeSteps, current: routeCurrent, metadata: routeMetadata } };
}

export function jobOf(row: JobRow): Job {
  const { parentId, payload, headers, timeoutSeconds } = row;
  return { ...stateOf(row), parentId, payload, headers, timeoutSeconds };
}

/** Rows for `json_to_recordset`: one parameter however many there are. */
export function jobsAsJson(jobs: readonly Job[]): string {
  return storable(
    jobs.map((job) => ({
      ...stateRecord(job),
      parent_id: job.parentId,
      tool: job.tool,
      payload: job.payload,
      headers: job.headers,
      route_metadata: job.route.metadata,
      timeout_seconds: job.timeoutSeconds,
      heartbeat_timeout_seconds: job.heartbeatTimeoutSeconds,
      input_timeout_seconds: job.inputTimeoutSeconds,
      created_at: instant(job.createdAt),
    })),
  );
}

export function statesAsJson(states: readonly JobState[]): string {
  return storable(states.map(stateRecord));
}

export function updatesAsJson(updates: readonly JobUpdate[]): string {
  return storable(
    updates.map((update) => ({
      job_id: update.jobId,
      seq: update.seq,
      status: update.status,
      reason: update.reason,
      message: update.message,
      step: update.step,
      step_status: update.stepStatus,
      progress_percent: update.progressPercent,
      result: update.result,
      error: update.error,
      timestamp: instant(update.timestamp),
    })),
  );
}

/**
 * Without the columns that are null, which json_to_recordset takes for left out, and parsing them is
 * what most of a row would cost.
 *
 * The fronts refuse or mend what PostgreSQL cannot hold; one row they let through must not fail a batch.
 */
function storable(records: JsonObject[]): string {
  const text = JSON.stringify(records.map(withoutNulls));
  return hasUnstorable(text) ? JSON.stringify(makeStorable(records)) : text;
}

function withoutNulls(record: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const column in record) {
    const value = record[column];
    if (value !== null && value !== undefined) kept[column] = value;
  }
  return kept;
}

/** What a transition may change. */
function stateRecord(job: JobState): JsonObject {
  return {
    id: job.id,
    status: job.status,
    reason: job.reason,
    route_steps: [...job.route.steps],
    route_current: job.route.current,
    result: job.result,
    error: job.error,
    error_details: job.errorDetails,
    message: job.message,
    progress_percent: job.progressPercent,
    current_step: job.currentStep,
    step_status: job.stepStatus,
    steps_completed: job.stepsCompleted,
    deadline: instant(job.deadline),
    input: job.input && { ...job.input, steps: [...job.input.steps] },
    dispatched_at: instant(job.dispatchedAt),
    outbox_seq: job.outboxSeq,
    last_heartbeat_at: instant(job.lastHeartbeatAt),
    heartbeat_due_at: instant(job.heartbeatDueAt),
    seq: job.seq,
    updated_at: instant(job.updatedAt),
    finished_at: instant(job.finishedAt),
  };
}

/** As text that PostgreSQL reads. @throws RangeError beyond the years that Date can express */
export function instant(at: EpochMs): string;
export function instant(at: EpochMs | null): string | null;
export function instant(at: EpochMs | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
