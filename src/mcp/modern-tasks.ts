import type { JobService } from '../jobs/job-service.ts';
import { isJsonObject } from '../lib/json.ts';
import { ready, type ReadyAnswer } from './answer.ts';
import { errorResponse, rpcCodes, type RpcRequest } from './json-rpc.ts';
import type { ModernResults } from './modern-result.ts';
import { modernTask } from './modern-task.ts';
import { taskIdOf, taskOf, unknownTask } from './task-id.ts';

export interface ModernTasksParts {
  readonly jobs: JobService;
  readonly results: ModernResults;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
}

/**
 * `tasks/get`, `tasks/update` and `tasks/cancel` (Tasks extension, 2026-07-28). A task is a job under
 * another name, so any replica answers.
 *
 * Every method throws StoreUnavailable or Overloaded.
 */
export class ModernTasks {
  readonly #parts: ModernTasksParts;

  constructor(parts: ModernTasksParts) {
    this.#parts = parts;
  }

  async get(request: RpcRequest): Promise<ReadyAnswer> {
    const { jobs, results, retentionSeconds } = this.#parts;
    const job = await taskOf(request, jobs);
    if (job === null) return unknownTask(request);
    return results.complete(request.id, modernTask(job, retentionSeconds));
  }

  /** Takes answers to what a task asked for. No job asks for anything yet, so none is waited for. */
  async update(request: RpcRequest): Promise<ReadyAnswer> {
    const { jobs, results } = this.#parts;
    const { id, params } = request;
    if ((await taskOf(request, jobs)) === null) return unknownTask(request);
    if (!isJsonObject(params['inputResponses'])) {
      const message = 'params.inputResponses must be an object';
      return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
    }
    return results.complete(id, {});
  }

  /** Acknowledged whatever becomes of it, on a finished task too: its outcome may just have come. */
  async cancel(request: RpcRequest): Promise<ReadyAnswer> {
    const { jobs, results } = this.#parts;
    const taskId = taskIdOf(request);
    if (taskId === null) return unknownTask(request);
    const outcome = await jobs.cancel(taskId, 'CancelledByClient', null);
    return outcome.kind === 'unknown' ? unknownTask(request) : results.complete(request.id, {});
  }
}
