import { isIPv6 } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { optionsOf } from './amqp-url-options.ts';

/** Where a RabbitMQ is, and how to speak with it. */
export interface AmqpAddress {
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  /** Present: TLS is spoken. */
  readonly tls?: TlsOptions;
  /** In seconds; 0: none are sent. */
  readonly heartbeat?: number;
  /** In milliseconds. */
  readonly connectionTimeout?: number;
  readonly maxChannels?: number;
  readonly frameMax?: number;
}

/** Scheme, user information, host, port, path and query (RFC 3986, section 3). */
const format =
  /^(?<scheme>amqps?):\/\/(?:(?<user>[^/?#]*)@)?(?<host>\[[^\]]*\]|[^:/?#]*)(?::(?<port>\d*))?(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/i;

const example =
  'amqp://user:password@host:5672/vhost; of a user, a password or a virtual host, ' +
  'write % as %25, / as %2F, ? as %3F, # as %23, @ as %40 and : as %3A';

const severalHosts = 'must name one host, such as a DNS name or a balancer of all nodes';

/**
 * Reads a URL of RabbitMQ (https://www.rabbitmq.com/docs/uri-spec). What is left out has the defaults
 * of RabbitMQ's own clients: `guest`, `localhost`, 5672 or 5671, the virtual host `/`. An empty virtual
 * host means `/`, too, as it does for most clients, and so does a path of `//`.
 *
 * @throws Error that says what to write instead, and holds no secret
 */
export function parseAmqpUrl(text: string): AmqpAddress {
  const parts = format.exec(text.trim())?.groups;
  if (parts === undefined) throw new Error(faultOf(text));
  const { scheme = '', user = '', host = '', port = '', path = '', query = '' } = parts;
  const secure = scheme.toLowerCase() === 'amqps';
  if (/[,;]/.test(host)) throw new Error(severalHosts);
  // An @ there comes from a password with a / or ? that is not encoded, and what is around it is secret.
  const astray = path.includes('@') || (user === '' && query.includes('@'));
  if (astray) throw new Error(`must be a URL such as ${example}`);
  return {
    hostname: hostOf(host),
    port: portOf(port, secure),
    ...credentialsOf(user),
    vhost: vhostOf(path),
    ...optionsOf(query, secure),
  };
}

function faultOf(text: string): string {
  if (/^amqps?:\/\/(?:[^/?#]*@)?[^/?#]*[,;]/i.test(text)) return severalHosts;
  if (/^amqps?:\/\//i.test(text)) return `must be a URL such as ${example}`;
  return 'must be a URL that begins with amqp:// or amqps://';
}

function hostOf(host: string): string {
  if (host === '') return 'localhost';
  if (!host.startsWith('[')) return decoded(host, 'the host');
  // RFC 6874: the zone of a link-local address follows an encoded %.
  const address = host.slice(1, -1).replace('%25', '%');
  if (!isIPv6(address)) throw new Error('the host in brackets must be an IPv6 address');
  return address;
}

function portOf(port: string, secure: boolean): number {
  if (port === '') return secure ? 5671 : 5672;
  if (Number(port) < 1 || Number(port) > 65_535) throw new Error('the port must be 1 to 65535');
  return Number(port);
}

function credentialsOf(user: string): Pick<AmqpAddress, 'username' | 'password'> {
  if (user === '') return { username: 'guest', password: 'guest' };
  const colon = user.indexOf(':');
  const [name, word] = colon < 0 ? [user, ''] : [user.slice(0, colon), user.slice(colon + 1)];
  return { username: decoded(name, 'the user'), password: decoded(word, 'the password') };
}

function vhostOf(path: string): string {
  if (path === '' || path === '/') return '/';
  if (path.includes('/')) throw new Error("a / in the virtual host's name must be written %2F");
  return decoded(path, 'the virtual host');
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`a % in ${what} must be written %25`);
  }
}
