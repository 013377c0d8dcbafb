import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { CallRefused } from '../calls/call-refused.ts';
import type { Outage } from '../calls/outage.ts';
import type { JobState } from '../jobs/job.ts';
import type { Refusal } from '../jobs/rules/decision.ts';

/** Names of what can go wrong. Programs depend on them, so a name never changes. */
export type ProblemCode =
  | Outage['code']
  | 'invalid_request'
  | 'malformed_http'
  | 'malformed_json'
  | 'unauthenticated'
  | 'insufficient_scope'
  | 'origin_not_allowed'
  | 'host_not_allowed'
  | 'path_not_found'
  | 'job_not_found'
  | 'tool_not_found'
  | 'method_not_allowed'
  | 'outcome_conflict'
  | 'job_finished'
  | 'job_past_deadline'
  | 'job_waiting_for_input'
  | 'job_not_asking'
  | 'stale_attempt'
  | 'job_unfinished'
  | 'job_not_retryable'
  | CallRefused['code']
  | 'body_too_large'
  | 'uri_too_long'
  | 'headers_too_large'
  | 'not_json'
  | 'encoded_body'
  | 'expectation_failed'
  | 'request_timeout'
  | 'internal_error'
  | 'work_not_possible'
  | 'not_ready';

interface ProblemExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside the standard ones (RFC 9457, section 3.2). */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A response that is not a success. Handlers throw it, and the error handler sends it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  /** @param detail a sentence for people: names the field or the job, and nothing internal */
  constructor(status: number, code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.extras = extras;
  }
}

/** The media type of problem details (RFC 9457). */
export const problemType = 'application/problem+json';

/**
 * Problem details for HTTP APIs, RFC 9457. `type` is left out, which means `about:blank`. `error`
 * repeats `detail`, because clients of Asya's second generation look for it there.
 */
export function problemJson({ status, code, message, extras }: Problem) {
  const title = STATUS_CODES[status];
  return { title, status, code, error: message, detail: message, ...extras.members };
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .headers(problem.extras.headers ?? {})
    .type(problemType)
    .send(problemJson(problem));
}

export function jobNotFound(id: string): Problem {
  return new Problem(404, 'job_not_found', `no job has the id ${id}`);
}

const goneCodes: { readonly [R in Refusal]: ProblemCode } = {
  finished: 'job_finished',
  repeated: 'job_finished',
  conflict: 'job_finished',
  'past-deadline': 'job_past_deadline',
  'waiting-for-input': 'job_waiting_for_input',
  'not-asked': 'job_not_asking',
  'stale-attempt': 'stale_attempt',
  'not-due': 'job_finished',
};

const goneTexts: { readonly [R in Refusal]: string } = {
  finished: 'is over',
  repeated: 'is over',
  conflict: 'is over',
  'past-deadline': 'is past its deadline',
  'waiting-for-input': 'waits for input',
  'not-asked': 'asks for nothing of that',
  'stale-attempt': 'is at a later attempt',
  'not-due': 'is over',
};

/** Tells an actor whose report comes too late that its job needs no more work. */
export function jobGone(job: JobState, refusal: Refusal): Problem {
  const detail = `job ${job.id} (${job.status}) ${goneTexts[refusal]}`;
  return new Problem(410, goneCodes[refusal], detail);
}

/** Tells a client that its job does not ask what the client answers. */
export function notAsking(job: JobState, refusal: Refusal): Problem {
  const detail = `job ${job.id} (${job.status}) ${goneTexts[refusal]}`;
  return new Problem(409, goneCodes[refusal], detail);
}

/** Tells whoever wants to end a job that it ended in another way. */
export function outcomeConflict(job: JobState): Problem {
  return new Problem(409, 'outcome_conflict', `job ${job.id} is already ${job.status}`);
}
