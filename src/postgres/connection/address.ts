import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { DatabaseHost, DatabaseTarget } from '../database-url.ts';

/** One place to connect to. */
export interface Address {
  readonly host: DatabaseHost;
  /** Null: `host` is the directory of a socket. */
  readonly ip: string | null;
}

/** What an operator calls it. */
export function describeAddress({ host: { name, port }, ip }: Address): string {
  if (ip === null) return socketPath(name, port);
  const shown = isIP(ip) === 6 ? `[${ip}]` : ip;
  return name === ip ? `${shown}:${port}` : `${name} (${shown}:${port})`;
}

/** A name that begins with `@` is one in Linux's abstract namespace. */
export function socketPath(directory: string, port: number): string {
  return `${directory}/.s.PGSQL.${port}`;
}

/** All addresses of a host: a name may stand for a primary and its standbys. @throws if it has none */
export async function addressesOf(host: DatabaseHost): Promise<Address[]> {
  const { name, address } = host;
  if (name.startsWith('/') || name.startsWith('@')) return [{ host, ip: null }];
  const given = address ?? name;
  if (isIP(given) !== 0) return [{ host, ip: given }];
  const found = await lookup(given, { all: true });
  return found.map(({ address: ip }) => ({ host, ip }));
}

export function hostsInOrder({ hosts, shuffled }: DatabaseTarget): readonly DatabaseHost[] {
  if (!shuffled) return hosts;
  return hosts
    .map((host) => ({ host, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ host }) => host);
}

/** Does what is sent there stay on this machine? */
export function isLocal({ ip }: Address): boolean {
  return ip === null || ip === '::1' || /^(::ffff:)?127\./i.test(ip);
}
