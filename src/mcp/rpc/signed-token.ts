import { createHmac, timingSafeEqual } from 'node:crypto';
import { isJsonObject, type JsonObject } from '../../lib/json.ts';

/** Signs what clients keep for the gateway; replicas share it. */
export type Secret = string | Uint8Array;

/** What a token is for: one of another purpose is none. */
export type Purpose = 'session' | 'request-state';

/** Visible ASCII characters that say `content`, signed by HMAC-SHA-256. */
export function sealToken(secret: Secret, purpose: Purpose, content: object): string {
  const body = Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${body}.${signature(secret, purpose, body).toString('base64url')}`;
}

/** Null if it was not sealed with this secret for this purpose. */
export function openToken(secret: Secret, purpose: Purpose, token: string): JsonObject | null {
  const [body, given, ...rest] = token.split('.');
  if (body === undefined || given === undefined || rest.length > 0) return null;
  const actual = Buffer.from(given, 'base64url');
  const expected = signature(secret, purpose, body);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return null;
  // Signed, hence written by `sealToken`; but perhaps by that of another release.
  const content: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
  return isJsonObject(content) ? content : null;
}

function signature(secret: Secret, purpose: Purpose, body: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose} ${body}`).digest();
}
