import { parseHost } from '../lib/host.ts';
import { nearest } from '../lib/nearest.ts';
import { assertOneItem, listOf } from './list.ts';

/**
 * Reads a list of origins, and writes each as browsers do in `Origin` (RFC 6454, section 6.2), because
 * that is what it is compared with.
 *
 * @throws Error naming the first item that no browser would send
 */
export function origins(text: string): string[] {
  return [...new Set(listOf(text).map(originOf))];
}

function originOf(item: string): string {
  assertOneItem(item);
  if (item.includes('*')) {
    throw new Error(`must list each origin by name, and "${item}" stands for several`);
  }
  if (item.toLowerCase() === 'null') {
    throw new Error('cannot hold null, which pages of any site can have browsers send');
  }
  const [, scheme, rest] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(item) ?? [];
  if (scheme === undefined || rest === undefined) throw new Error(withoutScheme(item));
  const [authority = '', ...path] = rest.split(/[/?#\\]/);
  const protocol = `${scheme.toLowerCase()}:`;
  assertScheme(protocol, item);
  if (authority.includes('@')) throw new Error('must hold origins, which have no user or password');
  if (path.length > 1 || (path[0] ?? '') !== '' || /[?#\\]/.test(rest)) {
    throw new Error(`must hold origins without a path: ${protocol}//${authority}, not ${item}`);
  }
  const host = parseHost(authority);
  if (host === null) throw new Error(`holds "${item}", which is not a URL`);
  return written(protocol, authority);
}

/** Without the port that is the scheme's own, which browsers leave out. */
function written(protocol: string, authority: string): string {
  // URL knows the ports of http and https alone, and other schemes have none.
  const { host } = new URL(`${protocol === 'https:' ? 'https:' : 'http:'}//${authority}`);
  return `${protocol}//${isWeb(protocol) ? host : authority.toLowerCase()}`;
}

function isWeb(protocol: string): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

/** Applications and extensions have schemes of their own, such as chrome-extension: and app:. */
function assertScheme(protocol: string, item: string): void {
  if (isWeb(protocol)) return;
  if (protocol === 'file:') {
    throw new Error('cannot hold file:, whose pages browsers name null, as they do any other');
  }
  const scheme = protocol.slice(0, -1);
  const near = nearest(scheme, ['http', 'https']);
  const never = ['ws', 'wss', 'ftp', 'blob', 'data', 'javascript', 'about'].includes(scheme);
  if (near !== null || never) {
    throw new Error(`must hold origins that begin with http:// or https://, not "${item}"`);
  }
}

function withoutScheme(item: string): string {
  const host = parseHost(item.replace(/^\/\//, '').replace(/\/$/, ''));
  const fault = `holds "${item}", which has no scheme`;
  if (host === null) return fault;
  const scheme = host.port === null || host.port === '443' ? 'https' : 'http';
  const port = host.port === null || host.port === '443' ? '' : `:${host.port}`;
  return `${fault}: write ${scheme}://${host.name}${port}`;
}
