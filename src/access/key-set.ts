import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { isJsonObject, type Json } from '../lib/json.ts';
import { parseJson } from '../lib/json-parse.ts';
import type { Log } from '../lib/log.ts';
import { isSafeUrl } from './safe-url.ts';

/** The issuer's keys cannot be had at the moment, so nobody can tell whether a token is good. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

export interface KeySetOptions {
  /** The issuer's identifier, at which its metadata is found. */
  readonly issuer: string;
  /** Where its keys are. Null: its metadata says so. */
  readonly jwksUri: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keys older than this are fetched anew in the background. */
const refreshAfterMs = 10 * 60_000;

/** Shortest pause between two fetches, whether or not the one before succeeded. */
const cooldownMs = 30_000;

const fetchLimitMs = 5_000;

/** Sets are a few kilobytes; whoever answers with more is no issuer. */
const maxBytes = 1_048_576;

/** Where an issuer's metadata may be (OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3). */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

/**
 * The signing keys of one issuer (RFC 7517). They are kept through outages of the issuer, so that
 * tokens signed with a known key are taken all the same. A token that names an unknown key leads to at
 * most one fetch in 30 s, so that nobody can make the gateway flood an issuer.
 */
export class KeySet {
  readonly #options: KeySetOptions;
  #jwksUri: string | null;
  #keys: JWTVerifyGetKey | null = null;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #fetching: Promise<void> | null = null;
  /** Counts the sets, so that what was verified with an older one is verified again. */
  #version = 0;

  constructor(options: KeySetOptions) {
    this.#options = options;
    this.#jwksUri = options.jwksUri;
  }

  get version(): number {
    return this.#version;
  }

  /** Milliseconds since the keys were fetched. Null: they never were. */
  get ageMs(): number | null {
    return this.#keys === null ? null : this.#options.clock() - this.#fetchedAt;
  }

  /**
   * Finds the key that a token names; to be given to jose.
   *
   * @throws KeysUnavailable, JWKSNoMatchingKey
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys === null) await this.#refresh();
    else if ((this.ageMs ?? 0) > refreshAfterMs) void this.#refresh();
    try {
      return await this.#known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const before = this.#version;
      await this.#refresh();
      if (this.#version === before) {
        // Within the cooldown nobody knows; but that the set is fresh enough is known.
        if (this.#fetchedAt === this.#triedAt) throw error;
        throw new KeysUnavailable('the issuer cannot be asked for a key that is unknown', {
          cause: error,
        });
      }
      return this.#known(header, token);
    }
  };

  readonly #known: JWTVerifyGetKey = async (header, token) => {
    if (this.#keys === null) throw new KeysUnavailable('the keys of the issuer are not known');
    return this.#keys(header, token);
  };

  /** Does nothing within the cooldown. Shares a fetch under way. Never rejects. */
  async #refresh(): Promise<void> {
    if (this.#fetching !== null) return this.#fetching;
    const { clock } = this.#options;
    if (clock() < this.#triedAt + cooldownMs) return;
    this.#triedAt = clock();
    this.#fetching = this.#fetchOnce().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetchOnce(): Promise<void> {
    const { log, issuer } = this.#options;
    try {
      this.#keys = createLocalJWKSet(await this.#fetch());
      this.#fetchedAt = this.#triedAt;
      this.#version++;
    } catch (error) {
      log.warn({ err: error, issuer }, 'the keys of an issuer could not be fetched');
    }
  }

  async #fetch(): Promise<JSONWebKeySet> {
    this.#jwksUri ??= await this.#discover();
    const set = await fetchJson(this.#jwksUri);
    if (!isJsonObject(set) || !Array.isArray(set['keys'])) {
      throw new TypeError(`${this.#jwksUri} has no "keys"`);
    }
    return set as unknown as JSONWebKeySet;
  }

  async #discover(): Promise<string> {
    const { issuer } = this.#options;
    const faults: unknown[] = [];
    for (const url of metadataUrls(issuer)) {
      try {
        const metadata = await fetchJson(url);
        if (isJsonObject(metadata) && metadata['issuer'] === issuer) {
          const uri = metadata['jwks_uri'];
          if (typeof uri === 'string' && isSafeUrl(uri)) return uri;
        }
        faults.push(new TypeError(`${url} is not the metadata of ${issuer}`));
      } catch (error) {
        faults.push(error);
      }
    }
    throw new AggregateError(faults, `the metadata of ${issuer} cannot be read`);
  }
}

async function fetchJson(url: string): Promise<Json> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(fetchLimitMs),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return parseJson(await limitedText(response));
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`${response.url} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
