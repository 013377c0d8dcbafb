import { isJsonObject } from '../../lib/json.ts';
import { ready, type Answer, type ReadyAnswer } from '../rpc/reply.ts';
import { resultResponse, type RequestId } from '../rpc/json-rpc.ts';
import { serverInfoKey } from '../rpc/meta-keys.ts';
import type { ServerInfo } from '../rpc/server-info.ts';

/** What is added to every result (MCP 2026-07-28, basic, "ResultType" and "Per-response protocol fields"). */
export class ModernResults {
  readonly #meta: object;

  constructor(serverInfo: ServerInfo) {
    this.#meta = { [serverInfoKey]: serverInfo };
  }

  /** The answer to a request that is done with. */
  complete(id: RequestId, result: object): ReadyAnswer {
    return ready(resultResponse(id, this.#whole(result, 'complete')));
  }

  /** The answer to a call that goes on as a task. */
  task(id: RequestId, task: object): ReadyAnswer {
    return ready(resultResponse(id, this.#whole(task, 'task')));
  }

  /** The answer to a call that is to be made again, with the answers to what it asks for. */
  inputRequired(id: RequestId, result: object): ReadyAnswer {
    const resultType = 'input_required';
    return { ...ready(resultResponse(id, this.#whole(result, resultType))), resultType };
  }

  /** The same answer, whose result says what it is: complete, unless it is known to be otherwise. */
  completed(answer: Answer): Answer {
    if (answer.kind === 'ready') return this.#completedReady(answer);
    return {
      ...answer,
      settle: async (listener) => {
        const ready = await answer.settle(listener);
        return ready && this.#completedReady(ready);
      },
    };
  }

  #completedReady(answer: ReadyAnswer): ReadyAnswer {
    const { response } = answer;
    if (!('result' in response)) return answer;
    const result = this.#whole(response.result, answer.resultType ?? 'complete');
    return { ...answer, response: { ...response, result } };
  }

  #whole(result: object, resultType: 'complete' | 'task' | 'input_required'): object {
    const own = '_meta' in result && isJsonObject(result._meta) ? result._meta : {};
    // Actors make results, so the type stands after whatever they call so.
    return { ...result, resultType, _meta: { ...own, ...this.#meta } };
  }
}
