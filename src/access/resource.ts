import type { AccessRules } from './access-rules.ts';
import { callScope, readScope } from './caller.ts';

/** Where a resource's metadata is, before its own path (RFC 9728, section 3). */
export const metadataPath = '/.well-known/oauth-protected-resource';

/** The URL of the metadata; null: there is none, because no issuer is trusted. */
export function metadataUrl({ resource, issuers }: AccessRules): string | null {
  if (resource === null || issuers.length === 0) return null;
  const { origin, pathname } = new URL(resource);
  return `${origin}${metadataPath}${pathname === '/' ? '' : pathname}`;
}

/** What clients need to get a token (RFC 9728, section 2); null: no issuer is trusted. */
export function resourceMetadata({ resource, issuers }: AccessRules): object | null {
  if (resource === null || issuers.length === 0) return null;
  return {
    resource,
    authorization_servers: issuers.map(({ issuer }) => issuer),
    scopes_supported: [readScope, callScope],
    bearer_methods_supported: ['header'],
    resource_name: 'Asya Gateway',
  };
}
