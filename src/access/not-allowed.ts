import {
  missingScopes,
  operateScope,
  callScope,
  readScope,
  type Caller,
  type Scope,
} from './caller.ts';
import { challengeHeader } from './challenge.ts';

/** A caller lacks a scope for what it wants to do. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
  /** All scopes that the operation takes. */
  readonly scopes: readonly Scope[];
  /** For `WWW-Authenticate`. */
  readonly challenge: string;

  constructor({ resourceMetadata }: Caller, scopes: readonly Scope[]) {
    super(`this takes the scope ${scopes.join(' and ')}`);
    this.scopes = scopes;
    const error = 'insufficient_scope';
    this.challenge = challengeHeader({
      resourceMetadata,
      scopes,
      error,
      description: this.message,
    });
  }
}

/** @throws NotAllowed, naming all of the scopes, if the caller lacks any */
export function assertScopes(caller: Caller, scopes: readonly Scope[]): void {
  if (missingScopes(caller, scopes).length > 0) throw new NotAllowed(caller, scopes);
}

/** What can be done with jobs, and the scopes of which a caller needs one. */
const rights = {
  read: [readScope],
  call: [callScope],
  // Operators cancel everybody's jobs, also where they may not call.
  cancel: [callScope, operateScope],
} as const;

export type Right = keyof typeof rights;

/** @throws NotAllowed if the caller has no scope that gives the right */
export function assertRight(caller: Caller, right: Right): void {
  if (caller.scheme === 'open') return;
  const [first, ...others] = rights[right];
  if (![first, ...others].some((scope) => caller.scopes.has(scope))) {
    throw new NotAllowed(caller, [first]);
  }
}

/** The scope that a client is told of that has shown no credential yet. */
export function scopeOf(right: Right): Scope {
  return rights[right][0];
}
