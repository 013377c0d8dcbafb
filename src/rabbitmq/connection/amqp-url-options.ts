import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { AmqpAddress } from './amqp-url.ts';

/*
 * The options in a URL of RabbitMQ, by the names that RabbitMQ's own documentation gives them
 * (https://www.rabbitmq.com/docs/uri-query-parameters).
 */

type Options = Omit<AmqpAddress, 'hostname' | 'port' | 'username' | 'password' | 'vhost'>;

/** What an option sets, by its value. */
const connectionOptions: Readonly<Record<string, (value: string) => Options>> = {
  heartbeat: (value) => ({ heartbeat: integer(value, 0, 65_535) }),
  connection_timeout: (value) => ({ connectionTimeout: integer(value, 0, 2 ** 31 - 1) }),
  channel_max: (value) => ({ maxChannels: integer(value, 1, 65_535) }),
  frame_max: (value) => ({ frameMax: integer(value, 4_096, 2 ** 31 - 1) }),
  auth_mechanism: (value) => {
    if (value.toLowerCase() === 'plain') return {};
    throw new Error('must be plain: others are not spoken here');
  },
};

const tlsOptions: Readonly<Record<string, (value: string) => TlsOptions>> = {
  cacertfile: (value) => ({ ca: contentOf(value) }),
  certfile: (value) => ({ cert: contentOf(value) }),
  keyfile: (value) => ({ key: contentOf(value) }),
  password: (value) => ({ passphrase: value }),
  server_name_indication: (value) => ({ servername: value === 'disable' ? '' : value }),
  verify: (value) => {
    if (value === 'verify_peer') return { rejectUnauthorized: true };
    if (value === 'verify_none') return { rejectUnauthorized: false };
    throw new Error('must be verify_peer or verify_none');
  },
};

const known = [...Object.keys(connectionOptions), ...Object.keys(tlsOptions)].join(', ');

/**
 * @param query behind the `?` of the URL
 * @param secure whether TLS is spoken
 * @throws Error that names the option, and holds no secret
 */
export function optionsOf(query: string, secure: boolean): Options {
  const pairs = pairsOf(query);
  const options = settingsOf(connectionOptions, pairs);
  const tls = settingsOf(tlsOptions, pairs);
  for (const [name] of pairs) {
    if (Object.hasOwn(connectionOptions, name)) continue;
    if (!Object.hasOwn(tlsOptions, name)) {
      throw new Error(`its option ${name} is not understood; leave it out, or use one of ${known}`);
    }
    if (!secure) throw new Error(`its option ${name} needs a URL that begins with amqps://`);
  }
  return { ...options, ...(secure && { tls }) };
}

/** What those of the options set that stand in the table. */
function settingsOf<T extends object>(
  table: Readonly<Record<string, (value: string) => T>>,
  pairs: readonly Pair[],
): T {
  const settings = pairs.map(([name, value]) => {
    try {
      return Object.hasOwn(table, name) ? table[name]?.(value) : {};
    } catch (error) {
      throw new Error(`its option ${name} ${reasonOf(error)}`, { cause: error });
    }
  });
  return Object.assign({}, ...settings) as T;
}

type Pair = readonly [name: string, value: string];

/** Not by URLSearchParams, which makes spaces of the + in a path. */
function pairsOf(query: string): Pair[] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const name = equals < 0 ? pair : pair.slice(0, equals);
      try {
        return [name, equals < 0 ? '' : decodeURIComponent(pair.slice(equals + 1))];
      } catch {
        throw new Error(`a % in its option ${name} must be written %25`);
      }
    });
}

function integer(text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`must be a whole number from ${min} to ${max}, but is "${text}"`);
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
