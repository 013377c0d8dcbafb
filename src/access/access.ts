import { ApiKeys, hashOf, looksLikeKey } from './api-keys.ts';
import type { AccessRules } from './access-rules.ts';
import type { Caller } from './caller.ts';
import type { Clock } from '../lib/clock.ts';
import { metadataUrl } from './resource.ts';
import { readCredential } from './credential.ts';
import type { KeySet } from './key-set.ts';
import { Tokens, type IssuerEntry } from './tokens.ts';

/** Why a request is refused whose caller did not show who it is. */
export interface AccessRefusal {
  readonly kind: 'refused';
  /**
   * - null: it has no credential
   * - invalid_request: it has something else than one credential
   * - invalid_token: its credential is none that is taken here
   */
  readonly error: 'invalid_request' | 'invalid_token' | null;
  /** For the caller's developer; holds nothing of the credential. */
  readonly description: string;
}

export type Identification = { readonly kind: 'caller'; readonly caller: Caller } | AccessRefusal;

interface AccessParts {
  readonly rules: AccessRules;
  readonly keysOf: (entry: IssuerEntry) => KeySet;
  readonly clock: Clock;
}

/** Tells who makes a request, by the rules of one version of the access file. */
export class Access {
  readonly rules: AccessRules;
  /** Where clients find out which issuers are trusted. Null: only keys are taken. */
  readonly resourceMetadata: string | null;
  readonly #keys: ApiKeys;
  readonly #tokens: Tokens;
  readonly #actorKeys: ReadonlySet<string>;

  constructor({ rules, keysOf, clock }: AccessParts) {
    this.rules = rules;
    this.resourceMetadata = metadataUrl(rules);
    this.#keys = new ApiKeys(rules.keys, clock);
    this.#tokens = new Tokens({
      issuers: rules.issuers,
      keysOf,
      resourceMetadata: this.resourceMetadata,
      clock,
    });
    this.#actorKeys = new Set(rules.actorKeys);
  }

  /**
   * Who makes a request of a client. At once for keys and for tokens that were verified before, so
   * that most requests wait for nothing.
   *
   * @param headers every `Authorization` header, as it was sent
   * @throws KeysUnavailable or Overloaded, by the promise
   */
  identify(headers: readonly string[]): Identification | Promise<Identification> {
    const credential = readCredential(headers);
    if (credential.kind === 'none') return noCredential;
    if (credential.kind === 'malformed') return malformed;
    const { secret } = credential;
    if (credential.kind === 'basic' || looksLikeKey(secret)) {
      const caller = this.#keys.find(secret);
      return caller === null ? unknownKey : { kind: 'caller', caller };
    }
    const known = this.#tokens.recall(secret);
    if (known !== null) return { kind: 'caller', caller: known };
    return this.#verify(secret);
  }

  /** Why a request of an actor is refused; null: it is let in. */
  refusalOfActor(headers: readonly string[]): AccessRefusal | null {
    const credential = readCredential(headers);
    if (credential.kind === 'none') return noCredential;
    if (credential.kind === 'malformed') return malformed;
    return this.#actorKeys.has(hashOf(credential.secret)) ? null : unknownKey;
  }

  async #verify(token: string): Promise<Identification> {
    const verdict = await this.#tokens.verify(token);
    if (verdict.kind === 'caller') return verdict;
    return { kind: 'refused', error: 'invalid_token', description: verdict.description };
  }
}

const noCredential: AccessRefusal = {
  kind: 'refused',
  error: null,
  description: 'the request needs a key or an access token, as Authorization: Bearer …',
};

const malformed: AccessRefusal = {
  kind: 'refused',
  error: 'invalid_request',
  description: 'the request must have one Authorization header with one credential',
};

const unknownKey: AccessRefusal = {
  kind: 'refused',
  error: 'invalid_token',
  description: 'the key is unknown or has expired',
};
