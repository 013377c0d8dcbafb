import type { IncomingHttpHeaders } from 'node:http';
import { answerOf } from '../calls/call-answer.ts';
import { isFinal } from '../../jobs/job.ts';
import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { isJsonObject } from '../../lib/json.ts';
import { ready, type Answer, type ReadyAnswer } from '../rpc/reply.ts';
import { type StreamTerms } from '../calls/awaited-call.ts';
import { callResult, commonForm } from '../../calls/call-result.ts';
import type { ClientCapability } from '../calls/client-capabilities.ts';
import { errorResponse, resultResponse, rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';
import { legacyTask } from './task.ts';
import { relatedTaskKey } from '../rpc/meta-keys.ts';
import { StreamQuestions } from './stream-questions.ts';
import { taskIdOf, taskOf, unknownTask } from '../calls/task-id.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';

export interface LegacyTasksParts {
  readonly toolMethods: ToolMethods;
  readonly jobs: ClientJobs;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
}

/**
 * Tasks as clients of 2025-11-25 know them: they ask for one with `params.task`, and read its result
 * by `tasks/result`. A task is a job under another name, so any replica answers.
 *
 * Every method throws StoreUnavailable or Overloaded.
 */
export class LegacyTasks {
  readonly #parts: LegacyTasksParts;

  constructor(parts: LegacyTasksParts) {
    this.#parts = parts;
  }

  /**
   * A call that asks to go on as a task.
   *
   * @throws BrokerUnavailable, too
   */
  async start(request: RpcRequest, headers: IncomingHttpHeaders): Promise<ReadyAnswer> {
    const { toolMethods, retentionSeconds } = this.#parts;
    const { params } = request;
    if (!isJsonObject(params['task'])) return invalid(request, 'params.task must be an object');
    if (toolMethods.taskSupportOf(request) === 'forbidden') {
      return rpcError(request, rpcCodes.methodNotFound, 'This tool cannot be called as a task');
    }
    const tool = toolMethods.toolOf(request);
    if (tool === null) return invalid(request, 'params.name is not the name of a tool');
    const started = await toolMethods.start(tool, request, headers);
    // Nobody who asked for a task expects a result here, so what is wrong is an error.
    if (!started.ok) return invalid(request, started.faults.join('; '));
    const task = legacyTask(started.job, retentionSeconds);
    return ready(resultResponse(request.id, { task }));
  }

  async get(request: RpcRequest): Promise<ReadyAnswer> {
    const { jobs, retentionSeconds } = this.#parts;
    const job = await taskOf(request, jobs);
    if (job === null) return unknownTask(request);
    return ready(resultResponse(request.id, legacyTask(job, retentionSeconds)));
  }

  /** What the call itself would have been answered with, waited for as long as it takes. */
  async result(request: RpcRequest, capabilities: readonly ClientCapability[]): Promise<Answer> {
    const { jobs, toolMethods } = this.#parts;
    const job = await taskOf(request, jobs);
    if (job === null) return unknownTask(request);
    if (isFinal(job.status)) return related(answerOf(request.id, callResult(job)), job.id);
    const answer = toolMethods.await({ kind: 'awaited', job, patience: null }, request, {
      ...resultTerms,
      questions: new StreamQuestions({ capabilities, ofTask: true }),
    });
    return {
      ...answer,
      settle: async (listener) => {
        const ready = await answer.settle(listener);
        return ready && related(ready, job.id);
      },
    };
  }

  async cancel(request: RpcRequest): Promise<ReadyAnswer> {
    const { jobs, retentionSeconds } = this.#parts;
    const taskId = taskIdOf(request);
    if (taskId === null) return unknownTask(request);
    const outcome = await jobs.cancel(taskId, 'CancelledByClient', null);
    switch (outcome.kind) {
      case 'applied':
        return ready(resultResponse(request.id, legacyTask(outcome.state, retentionSeconds)));
      case 'refused':
        return invalid(request, `The task is over: its job is ${outcome.state.status}`);
      case 'unknown':
        return unknownTask(request);
    }
  }
}

/** A client whose stream is cut asks again. */
const resultTerms: Omit<StreamTerms, 'questions'> = {
  form: commonForm,
  eventIds: false,
  priming: false,
  takenBackBy: null,
};

/** Says in a result which task it is of; it has no other place for that ("Related Task Metadata"). */
function related(answer: ReadyAnswer, taskId: string): ReadyAnswer {
  const { response } = answer;
  if (!('result' in response)) return answer;
  const { result } = response;
  const own = '_meta' in result && isJsonObject(result._meta) ? result._meta : {};
  const _meta = { ...own, [relatedTaskKey]: { taskId } };
  return { ...answer, response: { ...response, result: { ...result, _meta } } };
}

function invalid(request: RpcRequest, message: string): ReadyAnswer {
  return rpcError(request, rpcCodes.invalidParams, message);
}

function rpcError({ id }: RpcRequest, code: number, message: string): ReadyAnswer {
  return ready(errorResponse(id, { code, message }));
}
