import type { JobState } from '../../jobs/job.ts';
import { callResult } from '../../calls/call-result.ts';
import { lifetimeMs, pollIntervalMs, taskFacts, type TaskFacts } from '../calls/task-facts.ts';

/** A task without its result (MCP 2025-11-25, tasks, "Task"). */
export interface LegacyTask extends TaskFacts {
  readonly status: LegacyStatus;
  /** As `lifetimeMs` has it; what a client asks for is not followed. */
  readonly ttl: number | null;
  /** In milliseconds. */
  readonly pollInterval: number;
}

type LegacyStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** @param retentionSeconds how long a finished job is kept; 0: for ever */
export function legacyTask(job: JobState, retentionSeconds: number): LegacyTask {
  return {
    ...taskFacts(job),
    status: statusOf(job),
    ttl: lifetimeMs(job, retentionSeconds),
    pollInterval: pollIntervalMs,
  };
}

function statusOf(job: JobState): LegacyStatus {
  switch (job.status) {
    case 'Pending':
    case 'Running':
      return 'working';
    case 'InputRequired':
      return 'input_required';
    case 'Cancelled':
      return 'cancelled';
    case 'Succeeded':
    case 'Failed':
      return isFailure(job) ? 'failed' : 'completed';
  }
}

/** In this version a result with `isError` is a failure, too ("Task Execution Errors"). */
function isFailure(job: JobState): boolean {
  const outcome = callResult(job);
  return outcome.kind === 'failure' || outcome.result.isError === true;
}
