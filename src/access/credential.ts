/**
 * What a request's `Authorization` header holds:
 * - none: the request has no credential
 * - malformed: it has something else than one credential
 * - bearer: a key or a token (RFC 6750, section 2.1)
 * - basic: a key as the password (RFC 7617), for clients that can only be given a URL
 */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'bearer' | 'basic'; readonly secret: string };

/** Wider than RFC 6750, section 2.1, has it: what is no key and no token is found out later. */
const bearerFormat = /^[\x21-\x7e]+$/;

/**
 * Reads the `Authorization` headers of a request. Credentials in query strings and cookies are not
 * looked at: the former end up in logs, and the latter are sent by browsers unasked.
 *
 * @param headers each header as it was sent; two are one too many
 */
export function readCredential(headers: readonly string[]): Credential {
  const [header, ...more] = headers;
  if (header === undefined) return { kind: 'none' };
  if (more.length > 0) return { kind: 'malformed' };
  const [, scheme = '', value = ''] = /^(\S+) +(.*)$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return bearerFormat.test(value) ? { kind: 'bearer', secret: value } : { kind: 'malformed' };
    case 'basic':
      return basicCredential(value);
    default:
      // Another scheme than those is as good as no credential (RFC 6750, section 3.1).
      return { kind: 'none' };
  }
}

function basicCredential(value: string): Credential {
  const text = Buffer.from(value, 'base64').toString();
  const colon = text.indexOf(':');
  const secret = text.slice(colon + 1);
  return colon < 0 || !bearerFormat.test(secret)
    ? { kind: 'malformed' }
    : { kind: 'basic', secret };
}
