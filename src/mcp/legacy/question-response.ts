import { requestFor } from '../../jobs/job-input.ts';
import type { ClientJobs } from '../../jobs/engine/client-jobs.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { refusal, type RpcFailure } from '../rpc/failure.ts';
import { rpcCodes, type RpcResponse } from '../rpc/json-rpc.ts';
import { readQuestionId } from './question-id.ts';

/** Characters of a client's error message that are kept. */
const maxReason = 1_000;

/**
 * Takes a client's response to a question, whichever replica asked it: its result is the input answer.
 *
 * @returns what is wrong with it; null: nothing, or it is too late to matter
 * @throws StoreUnavailable or Overloaded
 */
export async function takeResponse(
  response: RpcResponse,
  jobs: ClientJobs,
): Promise<RpcFailure | null> {
  const question = readQuestionId(response.id);
  if (question === null) return null;
  const { jobId, key } = question;
  const job = await jobs.get(jobId);
  const request = requestFor(job?.input?.requests ?? {}, key);
  if (request === null) return null;
  const { result, error } = response;
  if (isJsonObject(result)) {
    const outcome = await jobs.answer(jobId, { [key]: result });
    return outcome.kind === 'invalid' ? invalidAnswer(outcome.faults) : null;
  }
  // The client could not even ask its user. To the actor that is as good as a dismissal.
  if (request.method === 'elicitation/create') {
    await jobs.answer(jobId, { [key]: { action: 'cancel' } });
    return null;
  }
  const { message }: Partial<JsonObject> = isJsonObject(error) ? error : {};
  // Not String(): an object with a `toString` of its own has no text by it.
  const reason = typeof message === 'string' ? message.slice(0, maxReason) : 'no reason given';
  await jobs.refuseInput(jobId, `the client refused ${request.method}: ${reason}`);
  return null;
}

function invalidAnswer(faults: readonly string[]): RpcFailure {
  return refusal(400, `the answer does not fit: ${faults.join('; ')}`, rpcCodes.invalidParams);
}
