import type { KeyEntry } from './api-keys.ts';
import type { Rate } from './rate-limit.ts';
import type { IssuerEntry } from './tokens.ts';

/** How much an owner may do. Null: as much as it likes. */
export interface OwnerLimits {
  readonly rate: Rate | null;
  /** Most jobs of its calls that are unfinished at a time. */
  readonly jobsInFlight: number | null;
  /** Most event streams that are open at a time, at each replica. */
  readonly streams: number | null;
}

/** Who may call, and how much: what the access file says. */
export interface AccessRules {
  /** The URL of the MCP endpoint as clients know it. Null: no tokens are taken. */
  readonly resource: string | null;
  readonly issuers: readonly IssuerEntry[];
  readonly keys: readonly KeyEntry[];
  /** Hashes of the keys that actors have. */
  readonly actorKeys: readonly string[];
  readonly limits: {
    readonly default: OwnerLimits;
    /** Instead of the default ones, by owner, such as `key|ci`. */
    readonly owners: ReadonlyMap<string, OwnerLimits>;
  };
}

export const unlimited: OwnerLimits = {
  rate: null,
  jobsInFlight: null,
  streams: null,
};

export function limitsOf({ limits }: AccessRules, owner: string): OwnerLimits {
  return limits.owners.get(owner) ?? limits.default;
}
