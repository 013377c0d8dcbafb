import { createHmac, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { EpochMs } from '../../jobs/job.ts';
import type { Clock } from '../../lib/clock.ts';
import { knownCapabilities, type ClientCapability } from '../calls/client-capabilities.ts';
import type { RequestId } from '../rpc/json-rpc.ts';
import { legacyVersion, type LegacyVersion } from '../rpc/protocol-version.ts';
import { openToken, sealToken, type Secret } from '../rpc/signed-token.ts';

/** What `initialize` settled. Later requests of the session go by it. */
export interface SessionTerms {
  readonly protocolVersion: LegacyVersion;
  readonly capabilities: readonly ClientCapability[];
  /** Who began it; nobody else may go on with it. Null: nobody is asked who they are. */
  readonly owner: string | null;
}

export interface Session extends SessionTerms {
  /** The `Mcp-Session-Id`. */
  readonly id: string;
  readonly beganAt: EpochMs;
}

interface Known {
  readonly session: Session;
  readonly expiresAt: EpochMs;
}

interface SessionsOptions {
  /** Signs the tokens; replicas share it. */
  readonly secret: Secret;
  readonly clock: Clock;
}

/**
 * How long a session lasts. It is long, because a session costs the gateway nothing, and many clients
 * do not begin a new one when theirs expires.
 */
const lifetimeMs = 30 * 86_400_000;

/**
 * Most sessions whose signature a process remembers to have checked. To check it costs more than all
 * else that the gateway does for a call.
 */
const maxKnown = 10_000;

/** Most ended sessions that a process remembers. Beyond it, it forgets the one that ended first. */
const maxEnded = 10_000;

/**
 * Sessions without a table. The `Mcp-Session-Id` itself holds what was settled, signed by HMAC-SHA-256,
 * so any replica can read it. When a session ends, only the process that was told refuses it from then
 * on. To the others it expires.
 */
export class Sessions {
  readonly #secret: Secret;
  readonly #clock: Clock;
  readonly #ended = new Set<string>();
  readonly #known = new Map<string, Known>();

  constructor({ secret, clock }: SessionsOptions) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** A new session id: visible ASCII characters, unlike any other. */
  issue({ protocolVersion, capabilities, owner }: SessionTerms): string {
    const content = {
      v: protocolVersion,
      c: capabilities,
      ...(owner !== null && { o: owner }),
      e: this.#clock() + lifetimeMs,
      n: randomBytes(12).toString('base64url'),
    };
    return sealToken(this.#secret, 'session', content);
  }

  /** Null if the id is not one of ours, or its session ended or expired. */
  read(id: string): Session | null {
    const known = this.#known.get(id) ?? this.#check(id);
    if (known === null || known.expiresAt <= this.#clock() || this.#ended.has(id)) return null;
    return known.session;
  }

  end({ id }: Session): void {
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > maxEnded && oldest !== undefined) this.#ended.delete(oldest);
  }

  /**
   * The id of the job that a request of this session becomes. Every replica comes to the same id, so
   * that a client can cancel the request at any of them. Nobody can guess it, as no job's id.
   *
   * @returns a UUIDv7 with the time of the session's beginning, because nothing is known of the time of
   *   the request
   */
  jobIdOf({ id, beganAt }: Session, requestId: RequestId): string {
    const digest = createHmac('sha256', this.#secret)
      .update(`request ${id} ${JSON.stringify(requestId)}`)
      .digest();
    return uuidv7({ msecs: beganAt, random: digest.subarray(0, 16) });
  }

  #check(id: string): Known | null {
    const content = openToken(this.#secret, 'session', id);
    if (content === null) return null;
    const { v, c, e, o } = content;
    const protocolVersion = legacyVersion(v);
    if (protocolVersion === null || typeof e !== 'number') return null;
    const capabilities = Array.isArray(c) ? knownCapabilities(c) : [];
    const owner = typeof o === 'string' ? o : null;
    const session = { id, protocolVersion, capabilities, owner, beganAt: e - lifetimeMs };
    return this.#remember({ session, expiresAt: e });
  }

  #remember(known: Known): Known {
    this.#known.set(known.session.id, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
