import { isIPv6 } from 'node:net';
import { parseHost } from '../lib/host.ts';

/**
 * Reads the address of one network interface, or a name of it, as Node.js listens on it: IPv6 without
 * the brackets that URLs have around it. `0.0.0.0` is every IPv4 address of the machine, `::` every one.
 *
 * @throws Error saying what would be right
 */
export function listenAddress(text: string): string {
  if (text === '*') {
    throw new Error('must be 0.0.0.0 for every IPv4 address, or :: for IPv6 as well, not *');
  }
  if (text.includes(',')) throw new Error('must be one address; 0.0.0.0 and :: stand for all');
  const [scheme] = /^[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? [];
  if (scheme !== undefined) throw new Error(`must be an address, without ${scheme.toLowerCase()}`);

  const bare = text.replace(/^\[(.*)\]$/, '$1');
  // The part from % on names an interface, which a URL cannot.
  if (bare.includes('%') && isIPv6(bare)) return bare;
  const host = parseHost(text);
  if (host === null) throw new Error(`must be an address of this machine, but is "${text}"`);
  if (host.port !== null) {
    throw new Error(`must be an address without a port, which is ASYA_GATEWAY_PORT's to say`);
  }
  return host.name.replace(/^\[(.*)\]$/, '$1');
}
