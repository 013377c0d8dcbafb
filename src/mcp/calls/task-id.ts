import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { isJobId, type Job } from '../../jobs/job.ts';
import { invalidParams } from '../rpc/failure.ts';
import type { RpcRequest } from '../rpc/json-rpc.ts';
import type { ReadyReply } from '../rpc/reply.ts';

/** The task that a request names; null: what it names cannot be one. */
export function taskIdOf({ params: { taskId } }: RpcRequest): string | null {
  return isJobId(taskId) ? taskId : null;
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

/** The task was never there, or is not kept any more. */
export function unknownTask(request: RpcRequest): ReadyReply {
  const message = 'params.taskId is not the id of a task, or of one that is no longer kept';
  return invalidParams(request, message);
}
