import { callResult } from '../../calls/call-result.ts';
import { isFinal } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import { isJsonObject } from '../../lib/json.ts';
import { callReply } from '../calls/call-reply.ts';
import type { CallWait } from '../calls/call-wait.ts';
import { taskIdOf, taskOf, unknownTask } from '../calls/task-id.ts';
import type { ToolMethods } from '../calls/tool-methods.ts';
import { beginWait } from '../calls/waited-call.ts';
import { invalidParams, rpcError } from '../rpc/failure.ts';
import { rpcCodes, type RpcRequest } from '../rpc/json-rpc.ts';
import { relatedTaskKey } from '../rpc/meta-keys.ts';
import { resultReply, whenReady, withResult, type ReadyReply, type Reply } from '../rpc/reply.ts';
import type { LegacyCaller } from './caller.ts';
import { StreamAsker } from './stream-asker.ts';
import { legacyTask } from './task.ts';

export interface LegacyTasksParts {
  readonly toolMethods: ToolMethods;
  readonly callWait: CallWait;
  /** How long a finished job is kept; 0: for ever. */
  readonly retentionSeconds: number;
  readonly clock: Clock;
}

/**
 * Tasks as clients of 2025-11-25 know them: they ask for one with `params.task`, and read its result
 * by `tasks/result`. A task is a job under another name, so any replica replies.
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
  async start(request: RpcRequest, caller: LegacyCaller): Promise<ReadyReply> {
    const { toolMethods, retentionSeconds } = this.#parts;
    const { params } = request;
    if (!isJsonObject(params['task'])) {
      return invalidParams(request, 'params.task must be an object');
    }
    if (toolMethods.taskSupportOf(request, caller.client) === 'forbidden') {
      return rpcError(request, rpcCodes.methodNotFound, 'This tool cannot be called as a task');
    }
    const tool = toolMethods.toolOf(request, caller.client);
    if (tool === null) return invalidParams(request, 'params.name is not the name of a tool');
    const started = await toolMethods.start(tool, request, caller);
    // Who asks for a task expects no result here, so wrong arguments are an error.
    if (!started.ok) return invalidParams(request, started.faults.join('; '));
    const task = legacyTask(started.job, retentionSeconds);
    return resultReply(request.id, { task });
  }

  async get(request: RpcRequest, { client }: LegacyCaller): Promise<ReadyReply> {
    const { retentionSeconds } = this.#parts;
    const job = await taskOf(request, client.jobs);
    if (job === null) return unknownTask(request);
    return resultReply(request.id, legacyTask(job, retentionSeconds));
  }

  /** What the call itself would have come to, waited for as long as it takes. */
  async result(request: RpcRequest, caller: LegacyCaller): Promise<Reply> {
    const { callWait, clock } = this.#parts;
    const job = await taskOf(request, caller.client.jobs);
    if (job === null) return unknownTask(request);
    if (isFinal(job.status)) {
      return related(callReply(request.id, callResult(job, caller.form)), job.id);
    }
    const asker = new StreamAsker({ capabilities: caller.capabilities, ofTask: true });
    // A client whose stream is cut asks again, so its stream needs no event ids.
    const waiting = { ...caller, resumable: false };
    const wait = { kind: 'wait', job, patience: null } as const;
    const call = beginWait(wait, request, waiting, { asker, ownsJob: false, now: clock() });
    return relatedReply(callWait.pending(call, waiting), job.id);
  }

  async cancel(request: RpcRequest, { client }: LegacyCaller): Promise<ReadyReply> {
    const { retentionSeconds } = this.#parts;
    const taskId = taskIdOf(request);
    if (taskId === null) return unknownTask(request);
    const outcome = await client.jobs.cancel(taskId, null);
    switch (outcome.kind) {
      case 'applied':
        return resultReply(request.id, legacyTask(outcome.state, retentionSeconds));
      case 'refused':
        return invalidParams(request, `The task is over: its job is ${outcome.state.status}`);
      case 'unknown':
        return unknownTask(request);
    }
  }
}

function relatedReply(reply: Reply, taskId: string): Reply {
  return whenReady(reply, (ready) => related(ready, taskId));
}

/** Says in a result which task it is of; it has no other place for that ("Related Task Metadata"). */
function related(reply: ReadyReply, taskId: string): ReadyReply {
  return withResult(reply, (result) => {
    const own = '_meta' in result && isJsonObject(result._meta) ? result._meta : {};
    return { ...result, _meta: { ...own, [relatedTaskKey]: { taskId } } };
  });
}
