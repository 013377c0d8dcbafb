import type { FastifyError } from 'fastify';
import { NotAllowed } from '../access/not-allowed.ts';
import { CallRefused } from '../calls/call-refused.ts';
import { outageOf, type Outage } from '../calls/outage.ts';
import { MalformedReport } from '../wire/report.ts';
import { JsonError } from '../lib/json-parse.ts';
import { AmbiguousHeader } from '../lib/repeated-headers.ts';
import { Problem } from './problem.ts';

/**
 * Makes an error the problem that the caller is told. This is the only place where errors become
 * statuses. An error that nobody foresaw tells the caller nothing; the error handler logs it.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const outage = outageOf(error);
  if (outage !== null) return outageProblem(outage);
  if (error instanceof NotAllowed) {
    const headers = { 'www-authenticate': error.challenge };
    const members = { scopes: error.scopes };
    return new Problem(403, 'insufficient_scope', error.message, { headers, members });
  }
  if (error instanceof CallRefused)
    return new Problem(refusedStatus[error.code], error.code, error.message);
  if (error instanceof JsonError) return new Problem(400, 'malformed_json', error.message);
  if (error instanceof AmbiguousHeader) return invalid(error.message);
  if (error instanceof MalformedReport) return invalid(error.message);
  if (error instanceof Error && 'code' in error) return fastifyProblem(error as FastifyError);
  return internalError();
}

const refusedStatus: { readonly [C in CallRefused['code']]: number } = {
  invalid_idempotency_key: 400,
  idempotency_key_reused: 422,
};

function fastifyProblem(error: FastifyError): Problem {
  switch (error.code) {
    case 'FST_ERR_VALIDATION':
      return invalid(validationText(error));
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem(413, 'body_too_large', 'the body is larger than ASYA_MAX_BODY_BYTES');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem(
        415,
        'not_json',
        "the body must be application/json; with curl: -H 'content-type: application/json'",
        { headers: { accept: 'application/json' } },
      );
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem(414, 'uri_too_long', 'an id has at most 128 characters');
    case 'FST_ERR_BAD_URL':
      return invalid('the path is not a valid URL path');
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? invalid('the request could not be read')
        : internalError();
  }
}

function outageProblem({ status, code, message, retryAfter }: Outage): Problem {
  return new Problem(status, code, message, { headers: { 'retry-after': String(retryAfter) } });
}

function internalError(): Problem {
  return new Problem(500, 'internal_error', 'the gateway could not answer this request');
}

export function invalid(detail: string): Problem {
  return new Problem(400, 'invalid_request', detail);
}

/** Such as `body: step_index must be integer`: a part of the request, a field in it, what is wrong. */
function validationText({ validation = [], validationContext }: FastifyError): string {
  const told = validation.filter(({ keyword, message }) => !isOfNull(keyword, message));
  const faults = (told.length > 0 ? told : validation).map(
    ({ instancePath, message = 'is not valid' }) => {
      const field = instancePath.slice(1).replaceAll('/', '.');
      return field === '' ? message : `${field} ${message}`;
    },
  );
  return `${validationContext ?? 'request'}: ${faults.join('; ')}`;
}

/** That an optional field may be null, too, helps nobody who gave it another value. */
function isOfNull(keyword: string, message: string | undefined): boolean {
  return keyword === 'anyOf' || message === 'must be null';
}
