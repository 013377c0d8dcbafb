import { requestFor } from '../../jobs/job-input.ts';
import type { Client } from '../../calls/client.ts';
import type { Job } from '../../jobs/job.ts';
import type { AskingRequest, AskOutcome, Asker } from '../calls/asker.ts';
import {
  answerable,
  capabilitiesFor,
  type ClientCapability,
} from '../calls/client-capabilities.ts';
import { failedReply } from '../rpc/failure.ts';
import { rpcCodes, type RequestId } from '../rpc/json-rpc.ts';
import { errorReply, type ReadyReply } from '../rpc/reply.ts';
import type { InputRound } from './input-round.ts';
import { capabilitiesRequired } from './request.ts';
import type { RequestStates, StatedRequest } from './request-state.ts';
import type { ModernResults } from './results.ts';

interface RoundTripParts {
  readonly client: Client;
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
 * Asks by the result of a request, which the client then makes again with the answers (MCP 2026-07-28,
 * multi round-trip requests).
 */
export class RoundTripAsker implements Asker {
  readonly #parts: RoundTripParts;
  readonly #attempt: Attempt;

  constructor(parts: RoundTripParts, attempt: Attempt) {
    this.#parts = parts;
    this.#attempt = attempt;
  }

  async ask(job: Job, { id, ownsJob }: AskingRequest): Promise<AskOutcome> {
    const { client, results, states } = this.#parts;
    const { jobs, caller } = client;
    const { request, capabilities, round } = this.#attempt;
    let asking = job;
    if (Object.keys(round.answers).some((key) => isAsked(job, key))) {
      const outcome = await jobs.answer(job.id, round.answers);
      // A first attempt that made the job and brings wrong answers is not refused, because its client
      // would not learn of the job, and nobody could go on with it. It is asked instead.
      if (outcome.kind === 'invalid' && (round.state !== null || !ownsJob)) {
        return over(invalidAnswers(id, outcome.faults));
      }
      const latest = await jobs.get(job.id);
      if (latest?.status !== 'InputRequired') return { kind: 'answered' };
      asking = latest;
    }
    const requests = asking.input?.requests ?? {};
    const inputRequests = answerable(requests, capabilities);
    if (Object.keys(inputRequests).length > 0) {
      const requestState = states.issue(request, asking.id, caller.owner);
      return over(results.inputRequired(id, { inputRequests, requestState }));
    }
    if (ownsJob) {
      const reason = 'it asks for input that the MCP client cannot give';
      await jobs.cancel(job.id, reason);
    }
    return over(failedReply(id, capabilitiesRequired(capabilitiesFor(requests))));
  }
}

/** The job waits on, and the request may be made again with better answers. */
export function invalidAnswers(id: RequestId, faults: readonly string[]): ReadyReply {
  const message = `params.inputResponses does not fit: ${faults.join('; ')}`;
  return errorReply(id, { code: rpcCodes.invalidParams, message });
}

function isAsked({ input }: Job, key: string): boolean {
  return requestFor(input?.requests ?? {}, key) !== null;
}

function over(reply: ReadyReply): AskOutcome {
  return { kind: 'reply', reply };
}
