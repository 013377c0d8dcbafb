import { StoreUnavailable } from '../../jobs/job-store.ts';
import { BrokerUnavailable } from '../../jobs/publisher.ts';
import { Overloaded } from '../../lib/batcher.ts';
import { JsonError } from '../../lib/json-parse.ts';
import type { Log } from '../../lib/log.ts';
import { AmbiguousHeader } from '../../lib/repeated-headers.ts';
import type { ReadyAnswer } from './reply.ts';
import { errorResponse, rpcCodes, type RequestId, type RpcError } from './json-rpc.ts';

/** Something that went wrong, as the caller is told. */
export interface Failure {
  /** HTTP status. */
  readonly status: number;
  readonly error: RpcError;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is said of an error of the core or of Fastify's body parsing; null: not foreseen. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof StoreUnavailable) {
    return outage('store_unavailable', 'the job store cannot be reached at the moment');
  }
  if (error instanceof BrokerUnavailable) {
    return outage('broker_unavailable', 'the message broker cannot be reached at the moment');
  }
  if (error instanceof Overloaded) {
    return outage('overloaded', 'more requests are under way than the gateway can take');
  }
  if (error instanceof JsonError) return refusal(400, error.message, rpcCodes.parseError);
  if (error instanceof AmbiguousHeader) return refusal(400, error.message, codeOf(error));
  return error instanceof Error && 'code' in error ? bodyFailure(error.code) : null;
}

/** The answer to a request that threw. An error nobody foresaw tells nothing of itself. */
export function thrownAnswer(id: RequestId, error: unknown, log: Log): ReadyAnswer {
  const failure = failureOf(error);
  if (failure !== null) return failedAnswer(id, failure);
  log.error({ err: error }, 'MCP request failed');
  const message = 'the gateway could not answer this request';
  return failedAnswer(id, refusal(500, message, rpcCodes.internalError));
}

export function failedAnswer(id: RequestId | null, failure: Failure): ReadyAnswer {
  const { status, error, headers } = failure;
  return { kind: 'ready', response: errorResponse(id, error), status, headers };
}

/** A message that cannot be taken. */
export function refusal(
  status: number,
  message: string,
  code: number = rpcCodes.invalidRequest,
): Failure {
  return { status, error: { code, message }, headers: {} };
}

export const notAcceptable = refusal(
  406,
  'Accept must name application/json and text/event-stream',
);

/** The gateway stops before there is an outcome; the job lives on. */
export function closingFailure(jobId: string): Failure {
  return outage('gateway_closing', 'the gateway is stopping; the job goes on', { job_id: jobId });
}

function outage(
  code: string,
  message: string,
  data: Readonly<Record<string, string>> = {},
): Failure {
  return {
    status: 503,
    error: { code: rpcCodes.internalError, message, data: { code, ...data } },
    headers: { 'retry-after': '1' },
  };
}

/** One of two values differs from the body, where the header has to repeat what that says. */
function codeOf({ header }: AmbiguousHeader): number {
  const mirrors = /^mcp-(?:method|name|param-.*)$/i.test(header);
  return mirrors ? rpcCodes.headerMismatch : rpcCodes.invalidRequest;
}

function bodyFailure(code: unknown): Failure | null {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return refusal(413, 'the message is larger than ASYA_MAX_BODY_BYTES');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return refusal(415, 'Content-Type must be application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return refusal(400, 'Content-Length does not fit the body');
    default:
      return null;
  }
}
