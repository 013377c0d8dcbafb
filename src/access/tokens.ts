import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { Overloaded } from '../lib/batcher.ts';
import type { Clock } from '../lib/clock.ts';
import { isJsonObject } from '../lib/json.ts';
import { withIncluded, type Caller, type Scope } from './caller.ts';
import { KeysUnavailable, type KeySet } from './key-set.ts';

/** Scopes that a claim of a token gives, such as a group. */
export interface Grant {
  /** Its name, or the path to it with dots. */
  readonly claim: string;
  /** The claim is this text, or a list that has it. */
  readonly value: string;
  readonly scopes: readonly Scope[];
}

/** An issuer of access tokens as the access file has it. */
export interface IssuerEntry {
  /** Begins the owners of its tokens' jobs, so it must never change. */
  readonly name: string;
  readonly issuer: string;
  readonly jwksUri: string | null;
  readonly audiences: readonly string[];
  /** Signature algorithms that are taken. */
  readonly algorithms: readonly string[];
  /** What the token's header must have as `typ`. Null: anything. */
  readonly type: string | null;
  /** The claim that says whose a token's jobs are. */
  readonly ownerClaim: string;
  /** What every token of this issuer gives. */
  readonly scopes: readonly Scope[];
  readonly grants: readonly Grant[];
}

/**
 * - caller: the token is good
 * - invalid: it is not; the text says why, for the caller's developer
 */
export type TokenVerdict =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'invalid'; readonly description: string };

export const asymmetricAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** How far the clocks of issuer and gateway may differ. */
const clockToleranceSeconds = 30;

/** Tokens that are remembered as verified, because a verification costs more than a whole call. */
const maxKnown = 10_000;

/** Most verifications at a time. */
const maxVerifying = 64;

/** Longest token that is looked at. */
const maxTokenLength = 16_384;

interface Known {
  readonly caller: Caller;
  readonly issuer: Issuer;
  readonly version: number;
}

interface Issuer {
  readonly entry: IssuerEntry;
  readonly keys: KeySet;
}

interface TokensParts {
  readonly issuers: readonly IssuerEntry[];
  /** The signing keys of an issuer, which outlast a change of the access file. */
  readonly keysOf: (entry: IssuerEntry) => KeySet;
  /** As for `Caller`. */
  readonly resourceMetadata: string | null;
  readonly clock: Clock;
}

/** Verifies access tokens that are JWTs (RFC 9068) of the issuers of one access file. */
export class Tokens {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #clock: Clock;
  readonly #resourceMetadata: string | null;
  readonly #known = new Map<string, Known>();
  #verifying = 0;

  constructor({ issuers, keysOf, resourceMetadata, clock }: TokensParts) {
    this.#clock = clock;
    this.#resourceMetadata = resourceMetadata;
    this.#issuers = new Map(issuers.map((entry) => [entry.issuer, { entry, keys: keysOf(entry) }]));
  }

  /** Who a token shows that was verified before. Null: it has to be verified. */
  recall(token: string): Caller | null {
    if (this.#known.size === 0 || token.length > maxTokenLength) return null;
    return this.#recall(digestOf(token));
  }

  /** @throws KeysUnavailable if the issuer cannot be asked, Overloaded */
  async verify(token: string): Promise<TokenVerdict> {
    if (token.length > maxTokenLength) return invalid('the token is too long');
    const issuer = this.#issuerOf(token);
    if (issuer === null) return invalid('the token is not one of an issuer that is trusted here');
    if (this.#verifying >= maxVerifying) {
      throw new Overloaded(`${maxVerifying} tokens are being verified already`);
    }
    this.#verifying++;
    try {
      const version = issuer.keys.version;
      const verdict = await this.#check(token, issuer);
      if (verdict.kind === 'caller') {
        // A set that came meanwhile counts from the next time on.
        this.#remember(digestOf(token), {
          caller: verdict.caller,
          issuer,
          version: Math.max(version, 1),
        });
      }
      return verdict;
    } finally {
      this.#verifying--;
    }
  }

  async #check(token: string, { entry, keys }: Issuer): Promise<TokenVerdict> {
    const nowSeconds = this.#clock() / 1000;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys.find, {
        issuer: entry.issuer,
        audience: [...entry.audiences],
        algorithms: [...entry.algorithms],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock()),
        requiredClaims: ['exp', 'aud', 'iss', entry.ownerClaim],
        ...(entry.type !== null && { typ: entry.type }),
      }));
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      if (error instanceof errors.JOSEError || error instanceof TypeError) {
        return invalid(descriptionOf(error));
      }
      throw error;
    }
    const { exp = 0, iat } = payload;
    if (iat !== undefined && iat > nowSeconds + clockToleranceSeconds) {
      return invalid('"iat" lies in the future');
    }
    const owner = payload[entry.ownerClaim];
    if (!isOwner(owner))
      return invalid(`"${entry.ownerClaim}" must be a text of 1 to 255 characters`);
    const scopes = withIncluded([
      ...scopesOf(payload),
      ...entry.scopes,
      ...entry.grants.filter((grant) => isGranted(payload, grant)).flatMap(({ scopes }) => scopes),
    ]);
    const expiresAt = exp * 1000;
    return {
      kind: 'caller',
      caller: {
        scheme: 'token',
        owner: `${entry.name}|${owner}`,
        scopes,
        expiresAt,
        resourceMetadata: this.#resourceMetadata,
      },
    };
  }

  /** By the claim that is not verified yet: the right keys then prove it. */
  #issuerOf(token: string): Issuer | null {
    try {
      const { iss } = decodeJwt(token);
      decodeProtectedHeader(token);
      return typeof iss === 'string' ? (this.#issuers.get(iss) ?? null) : null;
    } catch {
      return null;
    }
  }

  #recall(digest: string): Caller | null {
    const known = this.#known.get(digest);
    if (known === undefined) return null;
    const { caller, issuer, version } = known;
    const isCurrent =
      version === issuer.keys.version &&
      this.#clock() < (caller.expiresAt ?? 0) + clockToleranceSeconds * 1000;
    if (isCurrent) return caller;
    this.#known.delete(digest);
    return null;
  }

  #remember(digest: string, known: Known): void {
    this.#known.set(digest, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** As `scope` has them (RFC 9068, section 2.2.3), or `scp`, by which Entra ID and Okta call it. */
function scopesOf({ scope, scp }: JWTPayload): Scope[] {
  return [scope, scp].flatMap((given) => {
    if (typeof given === 'string') return given.split(' ').filter((word) => word !== '');
    return Array.isArray(given) ? given.filter((word) => typeof word === 'string') : [];
  });
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}

/** A claim by its name, or by a path with dots, such as `realm_access.roles`. */
function claimOf(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  let at: unknown = payload;
  for (const name of claim.split('.')) {
    at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function isGranted(payload: JWTPayload, { claim, value }: Grant): boolean {
  const given = claimOf(payload, claim);
  return Array.isArray(given) ? given.includes(value) : given === value;
}

/** Control characters would make two owners look alike in a log, and NUL cannot be stored. */
function isOwner(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(value);
}

/** What is wrong, without anything of the token itself. */
function descriptionOf(error: Error): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `"${error.claim}" does not fit`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'the token is signed with an unknown key';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the algorithm is not allowed';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature is wrong';
  return 'the token cannot be read';
}

function invalid(description: string): TokenVerdict {
  return { kind: 'invalid', description };
}
