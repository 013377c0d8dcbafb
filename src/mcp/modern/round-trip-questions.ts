import { requestFor } from '../../jobs/job-input.ts';
import type { ClientJobs } from '../../jobs/client-jobs.ts';
import type { Job } from '../../jobs/job.ts';
import { ready, type ReadyAnswer } from '../rpc/reply.ts';
import {
  answerable,
  capabilitiesFor,
  type ClientCapability,
} from '../calls/client-capabilities.ts';
import { failedAnswer } from '../rpc/failure.ts';
import type { InputRound } from './input-round.ts';
import { errorResponse, rpcCodes, type RequestId } from '../rpc/json-rpc.ts';
import type { ModernResults } from './results.ts';
import { capabilitiesRequired } from './request.ts';
import type { AskedRequest, Put, Questions } from '../calls/questions.ts';
import type { RequestStates, StatedRequest } from './request-state.ts';

interface RoundTripParts {
  readonly jobs: ClientJobs;
  readonly results: ModernResults;
  readonly states: RequestStates;
}

/** One attempt at a request, which brings the answers to the attempt before. */
interface Attempt {
  readonly request: StatedRequest;
  readonly capabilities: readonly ClientCapability[];
  readonly round: InputRound;
}

/**
 * Questions as the result of a request, which the client then makes again with the answers (MCP
 * 2026-07-28, multi round-trip requests).
 */
export class RoundTripQuestions implements Questions {
  readonly #parts: RoundTripParts;
  readonly #attempt: Attempt;

  constructor(parts: RoundTripParts, attempt: Attempt) {
    this.#parts = parts;
    this.#attempt = attempt;
  }

  async put(job: Job, { id, ownsJob }: AskedRequest): Promise<Put> {
    const { jobs, results, states } = this.#parts;
    const { request, capabilities, round } = this.#attempt;
    let asking = job;
    if (Object.keys(round.answers).some((key) => isAsked(job, key))) {
      const outcome = await jobs.answer(job.id, round.answers);
      // Without the state of an attempt before, an error would leave the job to nobody: it is asked.
      if (outcome.kind === 'invalid' && (round.state !== null || !ownsJob)) {
        return response(invalidAnswers(id, outcome.faults));
      }
      const latest = await jobs.get(job.id);
      if (latest?.status !== 'InputRequired') return { kind: 'answered' };
      asking = latest;
    }
    const requests = asking.input?.requests ?? {};
    const inputRequests = answerable(requests, capabilities);
    if (Object.keys(inputRequests).length > 0) {
      const requestState = states.issue(request, asking);
      return response(results.inputRequired(id, { inputRequests, requestState }));
    }
    if (ownsJob) {
      const reason = 'it asks for input that the MCP client cannot give';
      await jobs.cancel(job.id, 'CancelledByClient', reason);
    }
    return response(failedAnswer(id, capabilitiesRequired(capabilitiesFor(requests))));
  }
}

function isAsked({ input }: Job, key: string): boolean {
  return requestFor(input?.requests ?? {}, key) !== null;
}

function response(answer: ReadyAnswer): Put {
  return { kind: 'response', answer };
}

/** The job waits on: the request may be made again with better ones. */
export function invalidAnswers(id: RequestId, faults: readonly string[]): ReadyAnswer {
  const message = `params.inputResponses does not fit: ${faults.join('; ')}`;
  return ready(errorResponse(id, { code: rpcCodes.invalidParams, message }));
}
