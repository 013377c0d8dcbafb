import type { ClientJobs } from '../../jobs/client-jobs.ts';
import type { Job } from '../../jobs/job.ts';
import type { Json } from '../../lib/json.ts';
import { ready, type ReadyAnswer } from '../rpc/reply.ts';
import { errorResponse, rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';

/** What a job's id looks like. Other text names no job, and some of it no store can even look for. */
const jobId = /^[A-Za-z0-9_-]{1,128}$/;

export function isTaskId(value: Json | undefined): value is string {
  return typeof value === 'string' && jobId.test(value);
}

/** The task a request names; null: none that could be. */
export function taskIdOf({ params: { taskId } }: RpcRequest): string | null {
  return isTaskId(taskId) ? taskId : null;
}

/**
 * The job of the task that a request names; null: there is none.
 *
 * @throws StoreUnavailable or Overloaded
 */
export async function taskOf(request: RpcRequest, jobs: ClientJobs): Promise<Job | null> {
  const taskId = taskIdOf(request);
  return taskId === null ? null : jobs.get(taskId);
}

/** Never there, or removed since. */
export function unknownTask({ id }: RpcRequest): ReadyAnswer {
  const message = 'params.taskId is not the id of a task, or of one that is no longer kept';
  return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
}
