/**
 * What went wrong between the client and its gateway:
 * - unreachable: no response came
 * - unavailable: the gateway, or a proxy before it, says that it cannot answer now
 * - unauthorized: 401 or 403
 * - foreign: what answers is not a gateway, or is one of another version
 * - refused: the gateway answered, and does not do it
 */
export type GatewayFaultKind =
  'unreachable' | 'unavailable' | 'unauthorized' | 'foreign' | 'refused';

interface GatewayFaultFacts {
  /** The status of the HTTP response. Null: there was none. */
  readonly status?: number | null;
  /** The `code` of the problem detail (RFC 9457). Null: there was none. */
  readonly code?: string | null;
  /** How long the gateway asks the client to wait, in milliseconds. Default 0. */
  readonly retryAfterMs?: number;
}

/** The message is a sentence for people, which names the address or the way out. */
export class GatewayFault extends Error {
  override readonly name = 'GatewayFault';
  readonly kind: GatewayFaultKind;
  readonly status: number | null;
  readonly code: string | null;
  readonly retryAfterMs: number;

  constructor(kind: GatewayFaultKind, message: string, facts: GatewayFaultFacts = {}) {
    super(message);
    this.kind = kind;
    this.status = facts.status ?? null;
    this.code = facts.code ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? 0;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'unavailable';
  }
}
