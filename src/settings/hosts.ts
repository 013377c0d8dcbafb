import { parseHost } from '../lib/host.ts';
import { assertOneItem, listOf } from './list.ts';

/**
 * Reads a list of hosts, each a name or an address, with a port or for any port, and writes them as
 * `parseHost` does.
 *
 * @throws Error naming the first item that no request could name
 */
export function hosts(text: string): string[] {
  return [...new Set(listOf(text).map(hostOf))];
}

function hostOf(item: string): string {
  assertOneItem(item);
  const [scheme] = /^[a-z][a-z\d+.-]*:\/\//i.exec(item) ?? [];
  if (scheme !== undefined) {
    throw new Error(`must hold host names, without ${scheme.toLowerCase()} as in "${item}"`);
  }
  if (item.includes('*') || item.startsWith('.')) {
    throw new Error(`must list each host by name, and "${item}" stands for several`);
  }
  if (item.includes('@')) throw new Error('must hold host names, which have no user or password');
  if (item.includes('/')) throw new Error(`must hold host names without a path, not "${item}"`);
  const host = parseHost(item);
  if (host !== null && !item.endsWith(':')) {
    return host.port === null ? host.name : `${host.name}:${host.port}`;
  }
  const colon = /^[^:[\]]+:(.*)$|^\[.*\]:(.*)$/.exec(item);
  throw new Error(
    colon === null
      ? `holds "${item}", which is not a host`
      : `holds "${item}", whose port is no number from 0 to 65535`,
  );
}
