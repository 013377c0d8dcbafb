import { createHash } from 'node:crypto';
import type { Job } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import { canonicalJson, type Json } from '../../lib/json.ts';
import { openToken, sealToken, type Secret } from '../rpc/signed-token.ts';

/** What the request that is made again must have in common with the first. */
export interface StatedRequest {
  readonly name: Json | undefined;
  readonly arguments: Json | undefined;
}

/** People take their time; a job that is over by then is answered with its outcome. */
const lifetimeMs = 24 * 3_600_000;

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

  issue(request: StatedRequest, { id, seq }: Job): string {
    const expires = this.#clock() + lifetimeMs;
    // By the seq the state of one round is not that of the next.
    const content = { j: id, q: seq, r: digest(request), e: expires };
    return sealToken(this.#secret, 'request-state', content);
  }

  /** The id of the job; null if the state is not ours, of another request, or too old. */
  read(state: string, request: StatedRequest): string | null {
    const { j, r, e } = openToken(this.#secret, 'request-state', state) ?? {};
    const valid = typeof e === 'number' && e > this.#clock() && r === digest(request);
    return valid && typeof j === 'string' ? j : null;
  }
}

function digest({ name, arguments: given }: StatedRequest): string {
  return createHash('sha256')
    .update(canonicalJson([name ?? null, given ?? {}]))
    .digest('base64url');
}
