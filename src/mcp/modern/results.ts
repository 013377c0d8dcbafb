import { isJsonObject } from '../../lib/json.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import { serverInfoKey } from '../rpc/meta-keys.ts';
import { resultReply, whenReady, withResult, type ReadyReply, type Reply } from '../rpc/reply.ts';
import type { ServerInfo } from '../rpc/server-info.ts';

/** What is added to every result (MCP 2026-07-28, basic, "ResultType" and "Per-response protocol fields"). */
export class ModernResults {
  readonly #meta: object;

  constructor(serverInfo: ServerInfo) {
    this.#meta = { [serverInfoKey]: serverInfo };
  }

  /** The reply to a request that is done with. */
  complete(id: RequestId, result: object): ReadyReply {
    return resultReply(id, this.#whole(result, 'complete'));
  }

  /** The reply to a call that goes on as a task. */
  task(id: RequestId, task: object): ReadyReply {
    return resultReply(id, this.#whole(task, 'task'));
  }

  /** The reply to a call that is to be made again, with the answers to what it asks for. */
  inputRequired(id: RequestId, result: object): ReadyReply {
    const resultType = 'input_required';
    return { ...resultReply(id, this.#whole(result, resultType)), resultType };
  }

  /** The same reply, whose result says of what type it is: complete, unless the reply says otherwise. */
  completed(reply: Reply): Reply {
    return whenReady(reply, (ready) =>
      withResult(ready, (result) => this.#whole(result, ready.resultType ?? 'complete')),
    );
  }

  #whole(result: object, resultType: 'complete' | 'task' | 'input_required'): object {
    const own = '_meta' in result && isJsonObject(result._meta) ? result._meta : {};
    return { ...result, resultType, _meta: { ...own, ...this.#meta } };
  }
}
