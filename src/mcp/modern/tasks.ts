import { invalidParams } from '../rpc/failure.ts';
import type { RpcRequest } from '../rpc/json-rpc.ts';
import type { ReadyReply } from '../rpc/reply.ts';
import { isInputAnswers } from './input-round.ts';
import type { ModernCaller } from './request.ts';
import type { ModernResults } from './results.ts';
import { modernTask } from './task.ts';
import { invalidAnswers } from './round-trip-asker.ts';
import { taskIdOf, taskOf, unknownTask } from '../calls/task-id.ts';

export interface ModernTasksParts {
  readonly results: ModernResults;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
}

/**
 * `tasks/get`, `tasks/update` and `tasks/cancel` (Tasks extension, 2026-07-28). A task is a job under
 * another name, so any replica replies.
 *
 * Every method throws StoreUnavailable or Overloaded.
 */
export class ModernTasks {
  readonly #parts: ModernTasksParts;

  constructor(parts: ModernTasksParts) {
    this.#parts = parts;
  }

  async get(request: RpcRequest, { client, capabilities }: ModernCaller): Promise<ReadyReply> {
    const { results, retentionSeconds } = this.#parts;
    const job = await taskOf(request, client.jobs);
    if (job === null) return unknownTask(request);
    return results.complete(request.id, modernTask(job, retentionSeconds, capabilities));
  }

  /** Takes answers to what a task asks for. Those to anything else are passed over. */
  async update(request: RpcRequest, { client }: ModernCaller): Promise<ReadyReply> {
    const { results } = this.#parts;
    const { id, params } = request;
    const taskId = taskIdOf(request);
    if (taskId === null) return unknownTask(request);
    const answers = params['inputResponses'];
    if (!isInputAnswers(answers)) {
      return invalidParams(request, 'params.inputResponses must be an object of objects');
    }
    const outcome = await client.jobs.answer(taskId, answers);
    if (outcome.kind === 'unknown') return unknownTask(request);
    return outcome.kind === 'invalid'
      ? invalidAnswers(id, outcome.faults)
      : results.complete(id, {});
  }

  /** Acknowledges a finished task, too, because its outcome may have come just before. */
  async cancel(request: RpcRequest, { client }: ModernCaller): Promise<ReadyReply> {
    const { results } = this.#parts;
    const taskId = taskIdOf(request);
    if (taskId === null) return unknownTask(request);
    const outcome = await client.jobs.cancel(taskId, null);
    return outcome.kind === 'unknown' ? unknownTask(request) : results.complete(request.id, {});
  }
}
