import type { CallFailure, CallOutcome } from '../../calls/call-result.ts';
import type { ReadyAnswer } from '../rpc/reply.ts';
import {
  errorResponse,
  resultResponse,
  rpcCodes,
  type RequestId,
  type RpcError,
} from '../rpc/json-rpc.ts';

/** What a request is answered with whose call came to this outcome. */
export function answerOf(id: RequestId, outcome: CallOutcome): ReadyAnswer {
  const response =
    outcome.kind === 'result'
      ? resultResponse(id, outcome.result)
      : errorResponse(id, rpcErrorOf(outcome.failure));
  return { kind: 'ready', response, status: 200 };
}

export function rpcErrorOf({ message, jobId, reason }: CallFailure): RpcError {
  return { code: rpcCodes.internalError, message, data: { job_id: jobId, reason } };
}
