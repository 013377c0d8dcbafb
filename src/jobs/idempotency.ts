import { createHash } from 'node:crypto';
import { canonicalJson, jsonEqual, type Json } from '../lib/json.ts';
import type { Job } from './job.ts';
import type { Submission } from './submission.ts';

/** Most bytes of an idempotency key, in UTF-8. */
export const maxKeyBytes = 255;

/** What is wrong with an idempotency key. Null: nothing. */
export function keyFault(key: unknown): string | null {
  if (typeof key !== 'string') return 'must be a text';
  const bytes = Buffer.byteLength(key);
  return bytes >= 1 && bytes <= maxKeyBytes ? null : `must be 1 to ${maxKeyBytes} bytes long`;
}

/**
 * The id of the job that an idempotency key stands for. The key decides the id, so the table's own
 * primary key keeps a second job from being made, on whatever replica and however long after.
 *
 * @param scope whose key it is; the same key of two scopes stands for two jobs. Null: everybody's
 * @returns a UUIDv8 of both
 */
export function idOfKey(scope: string | null, key: string): string {
  return uuidOf(['idempotency-key', scope, key]);
}

/**
 * The id of the job that repeats another one with these arguments. Asked for twice, a retry makes one
 * job for each who asks.
 *
 * @param owner who asks; null: nobody is asked who they are
 */
export function idOfRetry(job: Job, payload: Json, owner: string | null): string {
  const parts = ['retry', job.id, canonicalJson(payload)];
  return uuidOf(owner === null ? parts : [...parts, owner]);
}

/** A UUIDv8 (RFC 9562, section 5.8) of the SHA-256 of its parts. */
function uuidOf(parts: readonly (string | null)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  const bytes = digest.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** Whether a job was made by a call like this one: the same tool, with the same arguments. */
export function isSameCall(job: Job, { tool, payload }: Submission): boolean {
  return job.tool === tool && jsonEqual(job.payload, payload);
}
