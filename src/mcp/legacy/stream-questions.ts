import type { Job } from '../../jobs/job.ts';
import { requestFor } from '../../jobs/job-input.ts';
import type { ClientJobs } from '../../jobs/client-jobs.ts';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import type { Listener } from '../rpc/reply.ts';
import { answerable, type ClientCapability } from '../calls/client-capabilities.ts';
import { refusal, type Failure } from '../rpc/failure.ts';
import { rpcCodes, type RequestId, type RpcAnswer } from '../rpc/json-rpc.ts';
import { relatedTaskKey } from '../rpc/meta-keys.ts';
import type { AskedRequest, Put, Questions } from '../calls/questions.ts';

/** Whom a question goes to. */
interface Audience {
  readonly capabilities: readonly ClientCapability[];
  /** Whether the request is about a task, which its questions then name. */
  readonly ofTask: boolean;
}

/**
 * Questions as requests to the client, on the stream that answers its own (MCP up to 2025-11-25,
 * client/elicitation, client/sampling, client/roots).
 */
export class StreamQuestions implements Questions {
  readonly #audience: Audience;
  readonly #sent = new Set<string>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  async put(job: Job, { eventId }: AskedRequest, { notify }: Listener): Promise<Put> {
    const { capabilities, ofTask } = this.#audience;
    const requests = Object.entries(answerable(job.input?.requests ?? {}, capabilities));
    if (requests.length === 0 || notify === null) return { kind: 'nobody' };
    // After a partial answer the others are still with the client.
    const unsent = requests.filter(([key]) => !this.#sent.has(key));
    const _meta = ofTask ? { _meta: { [relatedTaskKey]: { taskId: job.id } } } : {};
    for (const [i, [key, { method, params }]] of unsent.entries()) {
      this.#sent.add(key);
      const id = questionId(job.id, key);
      const message = { jsonrpc: '2.0', id, method, params: { ...params, ..._meta } };
      // A stream that is cut between two of them begins anew with the first.
      await notify(message, i === unsent.length - 1 ? eventId : null);
    }
    return { kind: 'asked' };
  }
}

/**
 * The id of a request of ours: it says all that a replica needs to take the answer. Like an event id
 * it is not signed: with the job's id anybody may answer.
 */
function questionId(jobId: string, key: string): string {
  return `input.${jobId}.${key}`;
}

const questionFormat = /^input\.([A-Za-z0-9_-]{1,128})\.([\w.:@-]{1,128})$/;

/**
 * Takes a client's answer to a question that any replica asked.
 *
 * @returns what is wrong with it; null: nothing, or it is too late to matter
 * @throws StoreUnavailable or Overloaded
 */
export async function takeAnswer(answer: RpcAnswer, jobs: ClientJobs): Promise<Failure | null> {
  const [, jobId, key] = questionFormat.exec(textOf(answer.id)) ?? [];
  if (jobId === undefined || key === undefined) return null;
  const job = await jobs.get(jobId);
  const request = requestFor(job?.input?.requests ?? {}, key);
  if (request === null) return null;
  const { result, error } = answer;
  if (isJsonObject(result)) {
    const outcome = await jobs.answer(jobId, { [key]: result });
    return outcome.kind === 'invalid' ? invalid(outcome.faults) : null;
  }
  // The client could not even ask its user, which to the actor is as good as a dismissal.
  if (request.method === 'elicitation/create') {
    await jobs.answer(jobId, { [key]: { action: 'cancel' } });
    return null;
  }
  const { message }: Partial<JsonObject> = isJsonObject(error) ? error : {};
  // Not String(): an object with a `toString` of its own has no text by it.
  const reason = typeof message === 'string' ? message.slice(0, 1_000) : 'no reason given';
  await jobs.refuseInput(jobId, `the client refused ${request.method}: ${reason}`);
  return null;
}

function textOf(id: RequestId | null): string {
  return typeof id === 'string' ? id : '';
}

function invalid(faults: readonly string[]): Failure {
  return refusal(400, `the answer does not fit: ${faults.join('; ')}`, rpcCodes.invalidParams);
}
