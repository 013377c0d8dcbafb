import type { Scope } from './caller.ts';

/** What `WWW-Authenticate` says of a refused request (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface Challenge {
  /** Where clients find out which issuers are trusted. Null: only keys are taken. */
  readonly resourceMetadata: string | null;
  /** All scopes that the operation takes, so that a client asks its issuer only once. */
  readonly scopes: readonly Scope[];
  /** Null: no credential was sent, and then there is nothing wrong with it. */
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | null;
  readonly description: string | null;
}

export function challengeHeader({
  resourceMetadata,
  scopes,
  error,
  description,
}: Challenge): string {
  const parameters = [
    ['error', error],
    ['error_description', description],
    ['scope', scopes.length === 0 ? null : scopes.join(' ')],
    ['resource_metadata', resourceMetadata],
  ].flatMap(([name, value]) => (value === null ? [] : [`${name}=${quoted(value ?? '')}`]));
  return parameters.length === 0 ? 'Bearer' : `Bearer ${parameters.join(', ')}`;
}

/** RFC 9110, section 5.6.4; of other characters than these a header cannot be made. */
function quoted(text: string): string {
  const safe = text.replaceAll(/[^\t\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&');
  return `"${safe}"`;
}
