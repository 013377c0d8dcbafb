import type { IncomingHttpHeaders } from 'node:http';
import type { Config } from '../../config.ts';
import { isAddress, isLoopback, parseHost, type Host } from '../../lib/host.ts';
import { Problem } from '../problem.ts';

/**
 * Keeps out web pages that nobody allowed. MCP asks for it (Streamable HTTP, security warning), and
 * every other endpoint needs it as much.
 *
 * - A page of another site says so in `Origin`, which has to be in ASYA_ALLOWED_ORIGINS.
 * - A page whose own name was rebound to this address (DNS rebinding) is of the same origin to its
 *   browser, but the browser names the page's host in `Host`. A gateway on loopback knows every name
 *   that it can rightly be called by. Elsewhere proxies and Services have names of their own, so only
 *   ASYA_ALLOWED_HOSTS can tell which are right. An address cannot be rebound, and Kubernetes' probes
 *   and Prometheus name one, so there every address is let in.
 */
export class HostGuard {
  readonly #onLoopback: boolean;
  readonly #hosts: readonly Host[];
  readonly #origins: ReadonlySet<string>;

  constructor(config: Pick<Config, 'host' | 'allowedHosts' | 'allowedOrigins'>) {
    this.#onLoopback = isLoopback(parseHost(config.host)?.name ?? '');
    this.#hosts = config.allowedHosts.map(parseHost).filter((host) => host !== null);
    this.#origins = new Set(config.allowedOrigins);
  }

  /** Why a request is refused; null: it is let in. */
  refusal({ host, origin }: IncomingHttpHeaders): Problem | null {
    if (!this.#isOurs(host)) {
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

  #isOurs(header: string | undefined): boolean {
    if (!this.#onLoopback && this.#hosts.length === 0) return true;
    // Health checks of some balancers speak HTTP/1.0 without a Host. Browsers always name one.
    if (header === undefined) return !this.#onLoopback;
    const host = parseHost(header);
    if (host === null) return false;
    if (isLoopback(host.name) || (!this.#onLoopback && isAddress(host.name))) return true;
    return this.#hosts.some((allowed) => matches(allowed, host));
  }
}

function matches(allowed: Host, { name, port }: Host): boolean {
  if (allowed.name !== name) return false;
  if (allowed.port === null || allowed.port === port) return true;
  // Browsers leave out the port of their scheme, which a proxy in front may have changed.
  return port === null && (allowed.port === '443' || allowed.port === '80');
}

/** Behind a proxy the scheme may differ from the page's, so only host and port are compared. */
function isOwnOrigin(origin: string, header: string | undefined): boolean {
  const page = URL.parse(origin);
  const own = header === undefined ? null : parseHost(header);
  if (page === null || own === null) return false;
  // Applications have schemes and hosts of their own choice, such as capacitor://localhost.
  if (page.protocol !== 'http:' && page.protocol !== 'https:') return false;
  const address = own.port === null ? own.name : `${own.name}:${own.port}`;
  // URL leaves out the port of the page's scheme, as browsers do in Origin.
  return page.host === URL.parse(`${page.protocol}//${address}`)?.host;
}
