import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { jsonSize } from '../../lib/json-size.ts';
import { canonicalJson, type Json } from '../../lib/json.ts';
import { openToken, sealToken, type Secret } from '../rpc/signed-token.ts';

/** What a request that is made again must have in common with the first. */
export interface StatedRequest {
  /** The same for the same request, and for no other. */
  readonly digest: () => string;
}

/** People take their time. A job that is over by then has its outcome for a reply. */
const lifetimeMs = 24 * 3_600_000;

/** About how many bytes of arguments a request may hold while it waits; of larger ones it keeps a digest. */
const maxHeld = 4_096;

/** Most requests are never made again, so the digest of small arguments is made when it is needed. */
export function statedRequest(name: Json | undefined, given: Json | undefined): StatedRequest {
  const stated = [name ?? null, given ?? {}];
  return jsonSize(stated) > maxHeld ? heldDigest(digestOf(stated)) : heldArguments(stated);
}

/**
 * The `requestState` of a request that is to be made again with answers (MCP 2026-07-28, multi
 * round-trip requests): which job waits for them, signed, for this very request, for a while.
 */
export class RequestStates {
  readonly #secret: Secret;
  readonly #clock: Clock;

  constructor({ secret, clock }: { readonly secret: Secret; readonly clock: Clock }) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** @param owner who alone may bring it; null: nobody is asked who they are */
  issue(request: StatedRequest, jobId: string, owner: string | null): string {
    const content = {
      j: jobId,
      r: request.digest(),
      e: this.#clock() + lifetimeMs,
      ...(owner !== null && { o: owner }),
    };
    return sealToken(this.#secret, 'request-state', content);
  }

  /** The id of the job; null if the state is not ours, of another request or owner, or too old. */
  read(state: string, request: StatedRequest, owner: string | null): string | null {
    const { j, r, e, o = null } = openToken(this.#secret, 'request-state', state) ?? {};
    const isTheirs = o === owner;
    const valid = isTheirs && typeof e === 'number' && e > this.#clock() && r === request.digest();
    return valid && typeof j === 'string' ? j : null;
  }
}

// Functions of their own, so that neither holds what only the other needs.
function heldDigest(digest: string): StatedRequest {
  return { digest: () => digest };
}

function heldArguments(stated: Json[]): StatedRequest {
  return { digest: () => digestOf(stated) };
}

function digestOf(stated: Json[]): string {
  return createHash('sha256').update(canonicalJson(stated)).digest('base64url');
}
