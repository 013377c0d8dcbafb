import { NotAllowed } from '../../access/not-allowed.ts';
import { CallRefused } from '../../calls/call-refused.ts';
import { gatewayClosing, outageOf, type Outage } from '../../calls/outage.ts';
import { JsonError } from '../../lib/json-parse.ts';
import type { Log } from '../../lib/log.ts';
import { AmbiguousHeader } from '../../lib/repeated-headers.ts';
import { rpcCodes, type RequestId, type RpcError, type RpcRequest } from './json-rpc.ts';
import { errorReply, type ReadyReply } from './reply.ts';

/** Something that went wrong, as the caller is told. */
export interface RpcFailure {
  /** HTTP status. */
  readonly status: number;
  readonly error: RpcError;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is said of an error of the core or of Fastify's body parsing; null: nobody foresaw it. */
export function failureOf(error: unknown): RpcFailure | null {
  const outage = outageOf(error);
  if (outage !== null) return outageFailure(outage);
  if (error instanceof NotAllowed) return notAllowed(error);
  if (error instanceof CallRefused) return callRefused(error);
  if (error instanceof JsonError) return refusal(400, error.message, rpcCodes.parseError);
  if (error instanceof AmbiguousHeader) return refusal(400, error.message, codeOf(error));
  return error instanceof Error && 'code' in error ? bodyFailure(error.code) : null;
}

/** The reply to a request that threw. An error that nobody foresaw tells nothing of itself. */
export function thrownReply(id: RequestId, error: unknown, log: Log): ReadyReply {
  const failure = failureOf(error);
  if (failure !== null) return failedReply(id, failure);
  log.error({ err: error }, 'MCP request failed');
  const message = 'the gateway could not answer this request';
  return failedReply(id, refusal(500, message, rpcCodes.internalError));
}

export function failedReply(
  id: RequestId | null,
  { status, error, headers }: RpcFailure,
): ReadyReply {
  return { ...errorReply(id, error), status, headers };
}

/** The reply to a request that cannot be done, with the HTTP status 200. */
export function rpcError({ id }: RpcRequest, code: number, message: string): ReadyReply {
  return errorReply(id, { code, message });
}

export function invalidParams(request: RpcRequest, message: string): ReadyReply {
  return rpcError(request, rpcCodes.invalidParams, message);
}

/** A message that cannot be taken. */
export function refusal(
  status: number,
  message: string,
  code: number = rpcCodes.invalidRequest,
): RpcFailure {
  return { status, error: { code, message }, headers: {} };
}

export const notAcceptable = refusal(
  406,
  'Accept must name application/json and text/event-stream',
);

/** The gateway stops before there is an outcome; the job lives on. */
export function closingFailure(jobId: string): RpcFailure {
  return outageFailure(gatewayClosing, { job_id: jobId });
}

function outageFailure(
  { status, code, message, retryAfter }: Outage,
  data: Readonly<Record<string, string>> = {},
): RpcFailure {
  return {
    status,
    error: { code: rpcCodes.internalError, message, data: { code, ...data } },
    headers: { 'retry-after': String(retryAfter) },
  };
}

/** The scopes stand in the header for clients that can get them, and in the data for people. */
function notAllowed({ message, scopes, challenge }: NotAllowed): RpcFailure {
  const data = { code: 'insufficient_scope', scopes: [...scopes] };
  return {
    status: 403,
    error: { code: rpcCodes.invalidRequest, message, data },
    headers: { 'www-authenticate': challenge },
  };
}

/** A call is refused in a response like any other; only its error says so. */
function callRefused({ code, message }: CallRefused): RpcFailure {
  return {
    status: 200,
    error: { code: rpcCodes.invalidParams, message, data: { code } },
    headers: {},
  };
}

/** Of two values of a header that has to repeat what the body says, one differs from it. */
function codeOf({ header }: AmbiguousHeader): number {
  const mirrors = /^mcp-(?:method|name|param-.*)$/i.test(header);
  return mirrors ? rpcCodes.headerMismatch : rpcCodes.invalidRequest;
}

function bodyFailure(code: unknown): RpcFailure | null {
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
