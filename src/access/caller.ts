/** A word that a caller must hold to do something, such as `asya:call`. */
export type Scope = string;

/** See what is one's own: jobs, their updates, the tools. */
export const readScope = 'asya:read';
/** Call tools, answer questions and cancel one's own jobs. Includes reading. */
export const callScope = 'asya:call';
/** See and cancel everybody's jobs. Includes reading. */
export const operateScope = 'asya:operate';

/** What one scope gives beside itself. */
const included: Readonly<Record<Scope, readonly Scope[]>> = {
  [callScope]: [readScope],
  [operateScope]: [readScope],
};

/** How a caller has shown who it is. `open`: nobody asked. */
export type CredentialScheme = 'open' | 'key' | 'token';

/** Who makes a request, and what they may do. */
export interface Caller {
  readonly scheme: CredentialScheme;
  /**
   * Whose the jobs of this caller are, such as `corp|alice` or `key|ci`. Null: nobody's, because the
   * gateway asks nobody who they are.
   */
  readonly owner: string | null;
  /** Includes what other scopes give. */
  readonly scopes: ReadonlySet<Scope>;
  /** When the credential ends, in milliseconds since the epoch. Null: never. */
  readonly expiresAt: number | null;
  /** Where its client finds out which issuer could give it more scopes. Null: none can. */
  readonly resourceMetadata: string | null;
}

/** The caller of a gateway that asks nobody who they are: everything is everybody's. */
export const anyone: Caller = {
  scheme: 'open',
  owner: null,
  scopes: new Set([readScope, callScope, operateScope]),
  expiresAt: null,
  resourceMetadata: null,
};

/** The given scopes, and those that they include. */
export function withIncluded(scopes: Iterable<Scope>): ReadonlySet<Scope> {
  return new Set([...scopes].flatMap((scope) => [scope, ...(included[scope] ?? [])]));
}

/** The scopes of an operation that a caller lacks, in the order given. Empty: it may do it. */
export function missingScopes(caller: Caller, needed: readonly Scope[]): Scope[] {
  if (caller.scheme === 'open') return [];
  return needed.filter((scope) => !caller.scopes.has(scope));
}
