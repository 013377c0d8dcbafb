import type { CallFailure, CallOutcome } from '../../calls/call-result.ts';
import { rpcCodes, type RequestId, type RpcError } from '../rpc/json-rpc.ts';
import { errorReply, resultReply, type ReadyReply } from '../rpc/reply.ts';

/** The reply to a request whose call came to this outcome. */
export function callReply(id: RequestId, outcome: CallOutcome): ReadyReply {
  return outcome.kind === 'result'
    ? resultReply(id, outcome.result)
    : errorReply(id, rpcErrorOf(outcome.failure));
}

export function rpcErrorOf({ message, jobId, reason }: CallFailure): RpcError {
  return { code: rpcCodes.internalError, message, data: { job_id: jobId, reason } };
}

/**
 * The reply to a request whose job was removed while it waited. The HTTP status is no 404, which would
 * end the client's session.
 */
export function removedReply(id: RequestId, jobId: string): ReadyReply {
  const message = `the job ${jobId} is not kept any more`;
  return errorReply(id, { code: rpcCodes.invalidParams, message });
}
