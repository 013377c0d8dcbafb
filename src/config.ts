import { resolve } from 'node:path';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Everything that can be set from outside. Parsed once, at the start. */
export interface Config {
  /** PostgreSQL; null: jobs are kept in memory. */
  readonly databaseUrl: string | null;
  /** Most connections one gateway opens to PostgreSQL. */
  readonly databaseMaxConnections: number;
  /** RabbitMQ; null: the broker inside this process. */
  readonly rabbitmqUrl: string | null;
  readonly rabbitmqExchange: string;
  /** Consume `happy-end` and `error-end`, for a deployment without end actors. */
  readonly consumeEndQueues: boolean;
  /** How long a message without a queue is tried again before its job fails. */
  readonly unroutableGraceSeconds: number;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where metrics are served; 0: any free port; null: there are none. */
  readonly metricsPort: number | null;
  readonly maxBodyBytes: number;
  /** Most bytes of a result, however it is reported; beyond it the job fails. */
  readonly maxResultBytes: number;
  /** Origins, other than the gateway's own, that browsers may call from. */
  readonly allowedOrigins: readonly string[];
  /** Host names, other than loopback ones, that requests may name on a loopback bind. */
  readonly allowedHosts: readonly string[];
  /** A tools file or a directory of them; null: no tools. */
  readonly configPath: string | null;
  /** How long a finished job is kept; 0: for ever. */
  readonly jobRetentionSeconds: number;
  /** Signs MCP session ids, the same on every replica; null: a random one for this process. */
  readonly secret: string | null;
  /** Offer job_status, job_wait, job_result and job_cancel beside the tools of the file. */
  readonly jobTools: boolean;
  readonly logLevel: LogLevel;
}

/**
 * PostgreSQL keeps JSON of up to 255 MiB, and a row is sent to it as text of at most 512 MiB that
 * JavaScript can hold.
 */
const largestResult = 134_217_728;

/** A variable holds what it cannot hold. The message names the variable, never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError naming every bad variable */
export function readConfig(env: Environment): Config {
  const faults: string[] = [];

  /** An unset or empty variable means its default. */
  function read<T>(name: string, fallback: T, parse: (text: string) => T): T {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    try {
      return parse(text);
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return fallback;
    }
  }

  const maxBodyBytes = read('ASYA_MAX_BODY_BYTES', 1_048_576, integer(1_024, 1_073_741_824));
  const config: Config = {
    databaseUrl: read('ASYA_DATABASE_URL', null, url(['postgres:', 'postgresql:'])),
    databaseMaxConnections: read('ASYA_DB_MAX_CONNS', 10, integer(3, 10_000)),
    rabbitmqUrl: read('ASYA_RABBITMQ_URL', 'amqp://guest:guest@localhost:5672/', brokerUrl),
    rabbitmqExchange: read('ASYA_RABBITMQ_EXCHANGE', 'asya', exchangeName),
    consumeEndQueues: read('ASYA_CONSUME_END_QUEUES', false, boolean),
    unroutableGraceSeconds: read('ASYA_UNROUTABLE_GRACE', 30, integer(0, 86_400)),
    host: read('ASYA_GATEWAY_HOST', '127.0.0.1', String),
    port: read('ASYA_GATEWAY_PORT', 8080, integer(0, 65_535)),
    metricsPort: read('ASYA_METRICS_PORT', null, integer(0, 65_535)),
    maxBodyBytes,
    maxResultBytes: read(
      'ASYA_MAX_RESULT_BYTES',
      Math.max(16_777_216, Math.min(maxBodyBytes, largestResult)),
      integer(1_024, largestResult),
    ),
    allowedOrigins: read('ASYA_ALLOWED_ORIGINS', [], list),
    allowedHosts: read('ASYA_ALLOWED_HOSTS', [], list),
    configPath: read('ASYA_CONFIG_PATH', null, (text) => resolve(text)),
    jobRetentionSeconds: read('ASYA_JOB_RETENTION', 7 * 86_400, integer(0, 10 * 365 * 86_400)),
    secret: read('ASYA_SECRET', null, secret),
    jobTools: read('ASYA_JOB_TOOLS', true, boolean),
    logLevel: read('ASYA_LOG_LEVEL', 'info', logLevel),
  };
  if (config.databaseUrl !== null && config.rabbitmqUrl === null && faults.length === 0) {
    faults.push(
      'ASYA_RABBITMQ_URL: memory: keeps messages in this process alone, and the jobs that ASYA_DATABASE_URL keeps would outlive them; set it to a RabbitMQ',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return config;
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new Error(`must be a whole number from ${min} to ${max}, but is "${text}"`);
    }
    return value;
  };
}

function boolean(text: string): boolean {
  if (['true', '1', 'yes'].includes(text)) return true;
  if (['false', '0', 'no'].includes(text)) return false;
  throw new Error(`must be true or false, but is "${text}"`);
}

/** The fault leaves the text out: a URL holds a password. */
function url(protocols: readonly string[]): (text: string) => string {
  return (text) => {
    const parsed = URL.parse(text);
    if (parsed === null || !protocols.includes(parsed.protocol)) {
      throw new Error(`must be a URL that begins with ${protocols.join('// or ')}//`);
    }
    if (!isDecodable(parsed))
      throw new Error('a % in its user, password or path must be written %25');
    return text;
  };
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}

function brokerUrl(text: string): string | null {
  return text === 'memory:' ? null : url(['amqp:', 'amqps:'])(text);
}

function exchangeName(text: string): string {
  if (!/^[\w.:-]{1,200}$/.test(text)) {
    throw new Error(`must be 1 to 200 letters, digits, or any of - _ . : but is "${text}"`);
  }
  return text;
}

function secret(text: string): string {
  if (text.length < 16) throw new Error('must be at least 16 characters long');
  return text;
}

function logLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) throw new Error(`must be one of ${logLevels.join(', ')}`);
  return level;
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
