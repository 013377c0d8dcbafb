import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { withIncluded, type Caller, type Scope } from './caller.ts';

/** How every key of this gateway begins, so that people and secret scanners recognise one. */
const keyPrefix = 'asya_';

/** An API key as the access file has it. */
export interface KeyEntry {
  readonly name: string;
  /** `sha256:` and the hash in hexadecimal digits. */
  readonly hash: string;
  /** Default: the key's name. */
  readonly owner: string;
  readonly scopes: readonly Scope[];
  /** In milliseconds since the epoch. Null: never. */
  readonly expiresAt: number | null;
}

/** A new key of 256 random bits, and the hash that goes into the access file. */
export function newKey(): { readonly key: string; readonly hash: string } {
  const key = `${keyPrefix}${randomBytes(32).toString('base64url')}`;
  return { key, hash: hashOf(key) };
}

/**
 * The hash under which the access file has a key. A key holds 256 random bits, which nobody can
 * guess, so a fast hash does: a slow one would only cost every request its time.
 */
export function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

export const hashPattern = /^sha256:[\da-f]{64}$/;

/** Does a bearer credential look like a key of this gateway, and not like a token? */
export function looksLikeKey(credential: string): boolean {
  return credential.startsWith(keyPrefix);
}

/**
 * The keys of one access file. They are found by their hash, so how long a search takes tells nothing
 * of a key.
 */
export class ApiKeys {
  readonly #byHash: ReadonlyMap<string, { readonly entry: KeyEntry; readonly caller: Caller }>;
  readonly #clock: Clock;

  constructor(entries: readonly KeyEntry[], clock: Clock) {
    this.#clock = clock;
    this.#byHash = new Map(
      entries.map((entry) => [
        entry.hash,
        {
          entry,
          caller: {
            scheme: 'key',
            owner: `key|${entry.owner}`,
            scopes: withIncluded(entry.scopes),
            expiresAt: entry.expiresAt,
            resourceMetadata: null,
          },
        },
      ]),
    );
  }

  /** Null: the key is unknown or has expired. */
  find(key: string): Caller | null {
    const found = this.#byHash.get(hashOf(key));
    if (found === undefined) return null;
    const { expiresAt } = found.entry;
    return expiresAt !== null && this.#clock() >= expiresAt ? null : found.caller;
  }
}
