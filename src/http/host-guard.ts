import { isIPv4 } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../config.ts';
import { Problem } from './problem.ts';

/**
 * Keeps web pages out that nobody allowed: MCP asks for it (Streamable HTTP, security warning), and
 * every other endpoint needs it as much.
 *
 * A page of another origin says so in `Origin`. A page that had its own name rebound to this
 * address does not, but its browser still names the page's host in `Host`; on a loopback bind the
 * gateway knows every name it can rightly be called by, so there that is checked too.
 */
export class HostGuard {
  readonly #onLoopback: boolean;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(config: Pick<Config, 'host' | 'allowedHosts' | 'allowedOrigins'>) {
    this.#onLoopback = isLoopback(config.host);
    this.#hosts = new Set(config.allowedHosts.map((host) => host.toLowerCase()));
    this.#origins = new Set(config.allowedOrigins.map((origin) => origin.toLowerCase()));
  }

  /** Why a request is turned away; null: it is let in. */
  refusal({ host, origin }: IncomingHttpHeaders): Problem | null {
    if (this.#onLoopback && !this.#isOurs(host)) {
      return new Problem(403, 'host_not_allowed', `Host ${host} is not in ASYA_ALLOWED_HOSTS`);
    }
    if (origin !== undefined && !isOwnOrigin(origin, host) && !this.isAllowed(origin)) {
      return new Problem(
        403,
        'origin_not_allowed',
        `Origin ${origin} is not in ASYA_ALLOWED_ORIGINS`,
      );
    }
    return null;
  }

  /** Is this an origin, other than our own, whose pages may call? */
  isAllowed(origin: string): boolean {
    return this.#origins.has(origin.toLowerCase());
  }

  #isOurs(host: string | undefined): boolean {
    if (host === undefined) return false;
    const name = host.toLowerCase().replace(/:\d+$/, '');
    return isLoopback(name) || this.#hosts.has(name) || this.#hosts.has(host.toLowerCase());
  }
}

function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name === '::1' ||
    name === '[::1]' ||
    (name.startsWith('127.') && isIPv4(name))
  );
}

/** Behind a proxy the scheme may differ from the page's, so only the host is compared. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const parsed = URL.parse(origin);
  return parsed !== null && parsed.host !== '' && parsed.host === host?.toLowerCase();
}
