import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';

/** Signs what clients keep for the gateway; replicas share it. */
export type Secret = string | Uint8Array;

/** What a token is for: one of another purpose is none. */
export type Purpose = 'session' | 'request-state';

/** A token that holds `content`, signed by HMAC-SHA-256: visible ASCII characters. */
export function sealToken(secret: Secret, purpose: Purpose, content: object): string {
  const body = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${body}.${signature(secret, purpose, body)}`;
}

/**
 * What a token holds; null if it was not sealed with this secret for this purpose.
 *
 * The signature is compared as text. Many texts decode to the same bytes, so a token would otherwise
 * have many spellings, and one that was revoked would live on under another.
 */
export function openToken(secret: Secret, purpose: Purpose, token: string): JsonObject | null {
  const [body, given, ...rest] = token.split('.');
  if (body === undefined || given === undefined || rest.length > 0) return null;
  if (!isSameText(given, signature(secret, purpose, body))) return null;
  // The signature shows that `sealToken` wrote this, but perhaps that of another release.
  const content: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
  return isJsonObject(content) ? content : null;
}

function signature(secret: Secret, purpose: Purpose, body: string): string {
  return createHmac('sha256', secret).update(`${purpose} ${body}`).digest('base64url');
}

/** Takes equally long for every difference, so that no signature can be found step by step. */
function isSameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
