import { GatewayFault } from './gateway-fault.ts';

const tlsCode =
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/;

/** Codes of a TLS client that hears something else than TLS. */
const noTlsCode = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/;

/**
 * Says why a request got no response. A fault of TLS does not pass by itself, so it is no `unreachable`.
 *
 * @param error what `fetch`, or the body of its response, threw
 */
export function connectionFault(error: unknown, url: string): GatewayFault {
  const { code, message } = rootOf(error);
  if (code.startsWith('HPE_') || message.includes('HTTP/1.1 protocol')) {
    return new GatewayFault(
      'foreign',
      `what answers at ${url} does not speak HTTP; check --url or ASYA_GATEWAY_URL`,
    );
  }
  if (noTlsCode.test(`${code} ${message}`)) {
    return new GatewayFault(
      'foreign',
      `${url} does not speak TLS (${code}): is it http:// instead of https://?`,
    );
  }
  if (tlsCode.test(code)) {
    return new GatewayFault(
      'foreign',
      `the TLS certificate of ${url} is not accepted (${code}: ${message}); ` +
        'NODE_EXTRA_CA_CERTS=FILE names further certificate authorities',
    );
  }
  return new GatewayFault('unreachable', unreachableText(code, message, url));
}

function unreachableText(code: string, message: string, url: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `no gateway listens at ${url}: start one, or name another with --url or ASYA_GATEWAY_URL`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${url} cannot be found (${code}): check --url or ASYA_GATEWAY_URL`;
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `${url} does not accept connections (${code})`;
    default:
      return `the connection to ${url} broke (${code === '' ? message : `${code}: ${message}`})`;
  }
}

/** `fetch` hides the reason behind causes; with several addresses there are several reasons. */
function rootOf(error: unknown): { readonly code: string; readonly message: string } {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (root instanceof AggregateError && root.errors[0] instanceof Error) [root] = root.errors;
  if (!(root instanceof Error)) return { code: '', message: String(root) };
  const code = 'code' in root && typeof root.code === 'string' ? root.code : '';
  return { code, message: root.message };
}
