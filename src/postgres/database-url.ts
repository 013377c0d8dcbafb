import { userInfo } from 'node:os';
import { isRead, refusalOf, type ParameterName } from './database-parameters.ts';
import { splitUrl } from './url-syntax.ts';

/** A server that a URL names. */
export interface DatabaseHost {
  /** A name or an address; beginning with `/`, the directory of a socket. What certificates are for. */
  readonly name: string;
  /** The address to connect to instead of looking the name up. */
  readonly address: string | null;
  readonly port: number;
}

export const tlsModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
] as const;

export type TlsMode = (typeof tlsModes)[number];

export interface TlsSettings {
  /** Null: none is named; see `transport.ts`. */
  readonly mode: TlsMode | null;
  /** Begin with TLS, without asking the server for it first. */
  readonly direct: boolean;
  /** Paths of PEM files; `system`: what the system trusts. Null: what Node.js trusts. */
  readonly rootCertificates: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
  readonly revoked: string | null;
  /** Tell the server by which name it was called. */
  readonly sendName: boolean;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
}

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** All that a connection URL tells. */
export interface DatabaseTarget {
  /** At least one; tried in order, until one is there and takes writes. */
  readonly hosts: readonly DatabaseHost[];
  /** Does the URL name none of them? */
  readonly isGuess: boolean;
  /** Try them in a random order. */
  readonly shuffled: boolean;
  /** Null: the name of the account that the gateway runs under. */
  readonly user: string | null;
  readonly password: string | null;
  /** Where to look for the password if there is none. */
  readonly passwordFile: string | null;
  /** Null: called as the user is. */
  readonly database: string | null;
  readonly applicationName: string;
  /** Command-line options for the server, such as `-c search_path=asya`. */
  readonly options: string;
  /** For each address. */
  readonly connectLimitMs: number;
  /** Silence before the network is asked whether the connection still stands; null: it is not asked. */
  readonly keepAliveMs: number | null;
  readonly tls: TlsSettings;
}

/** Where a server is looked for if a URL names none: sockets where packages have them, then the network. */
const defaultHosts = '/var/run/postgresql,/tmp,localhost';

const defaultConnectSeconds = 5;
const maxConnectSeconds = 60;

/**
 * Reads a connection URL as libpq does. What the gateway cannot do is refused by name.
 *
 * @throws Error with a message for operators, which holds nothing of the URL but names of parameters
 */
export function parseDatabaseUrl(url: string): DatabaseTarget {
  const values = withAliases(splitUrl(url));
  for (const name of values.keys()) {
    if (!isRead(name)) throw new Error(`${name}: ${refusalOf(name)}`);
  }
  const parameters = new Parameters(values);
  refuseTheImpossible(parameters);
  const idle = parameters.integer('keepalives_idle') ?? 60;
  return {
    hosts: hostsOf(parameters),
    isGuess: parameters.text('host') === null && parameters.text('hostaddr') === null,
    shuffled: parameters.oneOf('load_balance_hosts', ['disable', 'random']) === 'random',
    user: parameters.text('user'),
    password: parameters.text('password'),
    passwordFile: parameters.text('passfile'),
    database: parameters.text('dbname'),
    applicationName:
      parameters.text('application_name') ??
      parameters.text('fallback_application_name') ??
      'asya-gateway',
    options: parameters.text('options') ?? '',
    connectLimitMs: connectLimit(parameters.integer('connect_timeout')),
    keepAliveMs: parameters.text('keepalives') === '0' ? null : Math.max(idle, 1) * 1_000,
    tls: tlsOf(parameters),
  };
}

/** The database of a URL that names none is called as its user, and that one as the account here. */
export function databaseNameOf({ database, user }: DatabaseTarget): string {
  return database ?? user ?? userInfo().username;
}

/** Names of other drivers, as libpq takes them. */
function withAliases(values: Map<string, string>): Map<string, string> {
  if (values.get('ssl') === 'true') {
    values.delete('ssl');
    values.set('sslmode', 'require');
  } else if (values.has('ssl')) {
    throw new Error('ssl: is called sslmode, such as sslmode=require');
  }
  const required = values.get('requiressl');
  values.delete('requiressl');
  if (required !== undefined && !values.has('sslmode')) {
    values.set('sslmode', required === '1' ? 'require' : 'prefer');
  }
  return values;
}

class Parameters {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  text(name: ParameterName): string | null {
    return this.#values.get(name) ?? null;
  }

  list(name: ParameterName): string[] {
    return this.text(name)?.split(',') ?? [];
  }

  integer(name: ParameterName): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!/^\s*[-+]?\d{1,9}\s*$/.test(text)) throw new Error(`${name}: must be a whole number`);
    return Number(text);
  }

  oneOf<T extends string>(name: ParameterName, known: readonly T[]): T | null {
    const text = this.text(name);
    if (text === null) return null;
    const found = known.find((value) => value === text);
    if (found === undefined) throw new Error(`${name}: must be one of ${known.join(', ')}`);
    return found;
  }
}

/** Values that libpq knows and the gateway does not, of parameters that it does. */
const impossible: readonly (readonly [ParameterName, readonly string[], string])[] = [
  [
    'channel_binding',
    ['disable', 'prefer'],
    'the gateway does not bind channels: leave it out, and have the server proved by sslmode=verify-full',
  ],
  [
    'gssencmode',
    ['disable', 'prefer'],
    'the gateway does not encrypt by GSSAPI: leave it out, and use sslmode',
  ],
  [
    'sslcertmode',
    ['disable', 'allow'],
    'the gateway cannot tell whether the server asked for its certificate: leave it out, and set pg_hba.conf',
  ],
  [
    'target_session_attrs',
    ['any', 'read-write', 'primary'],
    'the gateway writes: leave it out, and it takes the first of the hosts that can be written to',
  ],
  ['min_protocol_version', ['3.0'], 'the gateway speaks version 3.0 of the protocol: leave it out'],
  [
    'client_encoding',
    ['UTF8', 'UTF-8', 'utf8', 'utf-8', 'auto'],
    'the gateway speaks UTF8: leave it out',
  ],
];

function refuseTheImpossible(parameters: Parameters): void {
  for (const [name, possible, wayOut] of impossible) {
    const text = parameters.text(name);
    if (text !== null && !possible.includes(text)) throw new Error(`${name}=${text}: ${wayOut}`);
  }
}

/** One port is for all hosts, as one host is for all addresses (manual, 34.1.1.3). */
function hostsOf(parameters: Parameters): DatabaseHost[] {
  const addresses = parameters.list('hostaddr');
  const named = parameters.list('host');
  const names =
    named.length > 0 ? named : addresses.length > 0 ? addresses : defaultHosts.split(',');
  const ports = parameters.list('port');
  if (addresses.length > 0 && addresses.length !== names.length) {
    throw new Error(`hostaddr: has ${addresses.length} addresses for ${names.length} hosts`);
  }
  if (ports.length > 1 && ports.length !== names.length) {
    throw new Error(`port: has ${ports.length} ports for ${names.length} hosts`);
  }
  return names.map((name, i) => ({
    name: name === '' ? 'localhost' : name,
    address: addresses[i] === undefined || addresses[i] === '' ? null : addresses[i],
    port: portOf(ports.length === 1 ? ports[0] : ports[i]),
  }));
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return 5432;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Error('port: must be a whole number from 1 to 65535');
  }
  return port;
}

/** libpq waits for ever by default, and if told 0; callers of the gateway do not. */
function connectLimit(seconds: number | null): number {
  if (seconds === null || seconds <= 0) return defaultConnectSeconds * 1_000;
  return Math.min(Math.max(seconds, 2), maxConnectSeconds) * 1_000;
}

const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

function tlsOf(parameters: Parameters): TlsSettings {
  const rootCertificates = parameters.text('sslrootcert');
  const direct = parameters.oneOf('sslnegotiation', ['postgres', 'direct']) === 'direct';
  const named = parameters.oneOf('sslmode', tlsModes);
  const mode = named ?? (rootCertificates === 'system' ? 'verify-full' : null);
  if (rootCertificates === 'system' && mode !== 'verify-full') {
    throw new Error(`sslmode=${mode}: is too weak for sslrootcert=system, use sslmode=verify-full`);
  }
  if (direct && !isEncrypted(mode)) {
    throw new Error('sslnegotiation=direct: needs sslmode=require, verify-ca or verify-full');
  }
  const ownCertificate = parameters.text('sslcertmode') !== 'disable';
  return {
    // A file to check the server by is there to be used (manual, 34.19.1).
    mode: mode === 'require' && rootCertificates !== null ? 'verify-ca' : mode,
    direct,
    rootCertificates,
    certificate: ownCertificate ? parameters.text('sslcert') : null,
    key: ownCertificate ? parameters.text('sslkey') : null,
    keyPassword: parameters.text('sslpassword'),
    revoked: parameters.text('sslcrl'),
    sendName: parameters.text('sslsni') !== '0',
    minVersion: parameters.oneOf('ssl_min_protocol_version', tlsVersions) ?? 'TLSv1.2',
    maxVersion: parameters.oneOf('ssl_max_protocol_version', tlsVersions) ?? 'TLSv1.3',
  };
}

function isEncrypted(mode: TlsMode | null): boolean {
  return mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
}
