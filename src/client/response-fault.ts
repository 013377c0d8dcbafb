import { isJsonObject, type Json } from '../lib/json.ts';
import { GatewayFault } from './gateway-fault.ts';

export interface AnsweredRequest {
  /** Such as `GET /tools`. */
  readonly endpoint: string;
  /** The gateway's address. */
  readonly url: string;
  /** The version of this client. */
  readonly version: string;
}

/** Statuses by which gateways and proxies say that the same request may succeed later. */
const passing = new Set([429, 502, 503, 504]);

/**
 * Says what a response that is not a success means.
 *
 * @param body the response's body as JSON; undefined: it is none
 */
export function responseFault(
  response: Response,
  body: Json | undefined,
  request: AnsweredRequest,
): GatewayFault {
  const { status, headers } = response;
  const { endpoint, url, version } = request;
  const problem = isJsonObject(body) ? body : null;
  const code = typeof problem?.['code'] === 'string' ? problem['code'] : null;
  const detail = typeof problem?.['detail'] === 'string' ? problem['detail'] : null;
  const facts = { status, code, retryAfterMs: retryAfterMs(headers.get('retry-after')) };
  const told = `HTTP ${status}${detail === null ? '' : `: ${detail}`}`;

  if (status === 401 || status === 403) {
    const way =
      code === null || status === 401 ? '; ASYA_GATEWAY_TOKEN is sent as a bearer token' : '';
    return new GatewayFault('unauthorized', `${url} does not let this in (${told})${way}`, facts);
  }
  if (passing.has(status)) {
    return new GatewayFault('unavailable', `${url} cannot answer now (${told})`, facts);
  }
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'an unknown place';
    return new GatewayFault('foreign', `${url} redirects to ${to}: use that as --url`, facts);
  }
  if (code === 'path_not_found' || code === 'method_not_allowed') {
    return new GatewayFault(
      'foreign',
      `the gateway at ${url} has no ${endpoint}: it is of another version than this command line ` +
        `(${version}), or the URL should end before its path; --url takes the address above /tools and /mcp`,
      facts,
    );
  }
  if (detail === null) return notAGateway(response, request);
  return new GatewayFault('refused', detail, facts);
}

/** What answers does not do it as a gateway does. */
export function notAGateway(
  { status, headers }: Response,
  { endpoint, url }: AnsweredRequest,
): GatewayFault {
  const type = headers.get('content-type') ?? 'no content type';
  return new GatewayFault(
    'foreign',
    `what answers at ${url} is not an Asya Gateway: its response to ${endpoint} is HTTP ${status} ` +
      `with ${type}; check --url or ASYA_GATEWAY_URL`,
    { status },
  );
}

/** Seconds (RFC 9110, section 10.2.3); dates are not sent by gateways. */
function retryAfterMs(header: string | null): number {
  return header !== null && /^\d{1,4}$/.test(header) ? Number(header) * 1_000 : 0;
}
