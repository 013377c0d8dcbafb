import { resolve } from 'node:path';
import { isLoopback, parseHost } from './lib/host.ts';
import { completeDatabaseUrl } from './postgres/database-environment.ts';
import { hosts } from './settings/hosts.ts';
import { listenAddress } from './settings/listen-address.ts';
import { origins } from './settings/origins.ts';
import { databaseFaults } from './settings/other-databases.ts';
import { brokerFaults } from './settings/other-transports.ts';
import {
  boolean,
  brokerUrl,
  exchangeName,
  integer,
  logLevel,
  secret,
  type LogLevel,
} from './settings/parsers.ts';
import { isServiceLink } from './settings/service-links.ts';
import { textOf, type Environment, type EnvironmentSetting } from './settings/setting.ts';

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
  /** The address to listen on, such as `127.0.0.1` or `::1`: IPv6 has no brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Where metrics are served; 0: any free port; null: there are none. */
  readonly metricsPort: number | null;
  /** Where actors and their sidecars report; 0: any free port; null: where clients call. */
  readonly actorPort: number | null;
  /** The access file; null: nobody is asked who they are. */
  readonly accessPath: string | null;
  /** Lets a gateway that asks nobody who they are listen beyond this machine. */
  readonly openAccess: boolean;
  readonly maxBodyBytes: number;
  /** Most bytes of a result, however it is reported; beyond it its job fails. */
  readonly maxResultBytes: number;
  /** Origins, other than the gateway's own, that browsers may call from; as browsers write them. */
  readonly allowedOrigins: readonly string[];
  /**
   * Hosts, other than loopback and addresses, that requests may name: `name` for any port, or
   * `name:port`. Empty: any host, but on a loopback address none.
   */
  readonly allowedHosts: readonly string[];
  /** A tools file or a directory of them; null: no tools. */
  readonly configPath: string | null;
  /** How long a finished job is kept; 0: for ever. */
  readonly jobRetentionSeconds: number;
  /**
   * Signs MCP session ids and the `requestState` of MCP 2026-07-28, by which a call goes on after a
   * question; the same on every replica. Null: a random one for this process.
   */
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

/** The variable of each setting, with its default. */
const settings: { readonly [Name in keyof Config]: EnvironmentSetting<Config[Name]> } = {
  databaseUrl: setting('ASYA_DATABASE_URL', null, completeDatabaseUrl),
  databaseMaxConnections: setting('ASYA_DB_MAX_CONNS', 10, integer(3, 10_000)),
  rabbitmqUrl: setting('ASYA_RABBITMQ_URL', 'amqp://guest:guest@localhost:5672/', brokerUrl),
  rabbitmqExchange: setting('ASYA_RABBITMQ_EXCHANGE', 'asya', exchangeName),
  consumeEndQueues: setting('ASYA_CONSUME_END_QUEUES', false, boolean),
  unroutableGraceSeconds: setting('ASYA_UNROUTABLE_GRACE', 30, integer(0, 86_400)),
  host: setting('ASYA_GATEWAY_HOST', '127.0.0.1', listenAddress),
  port: setting('ASYA_GATEWAY_PORT', 8080, integer(0, 65_535)),
  metricsPort: setting('ASYA_METRICS_PORT', null, integer(0, 65_535)),
  actorPort: setting('ASYA_ACTOR_PORT', null, integer(0, 65_535)),
  accessPath: setting('ASYA_ACCESS_PATH', null, (text) => resolve(text)),
  openAccess: setting('ASYA_OPEN_ACCESS', false, boolean),
  maxBodyBytes: setting('ASYA_MAX_BODY_BYTES', 1_048_576, integer(1_024, 1_073_741_824)),
  maxResultBytes: setting('ASYA_MAX_RESULT_BYTES', 16_777_216, integer(1_024, largestResult)),
  allowedOrigins: setting('ASYA_ALLOWED_ORIGINS', [], origins),
  allowedHosts: setting('ASYA_ALLOWED_HOSTS', [], hosts),
  configPath: setting('ASYA_CONFIG_PATH', null, (text) => resolve(text)),
  jobRetentionSeconds: setting('ASYA_JOB_RETENTION', 7 * 86_400, integer(0, 10 * 365 * 86_400)),
  secret: setting('ASYA_SECRET', null, secret),
  jobTools: setting('ASYA_JOB_TOOLS', true, boolean),
  logLevel: setting('ASYA_LOG_LEVEL', 'info', logLevel),
};

function setting<T>(
  variable: string,
  fallback: T,
  parse: EnvironmentSetting<T>['parse'],
): EnvironmentSetting<T> {
  return { variable, fallback, parse };
}

/** Every variable that is read. */
export const variables: readonly string[] = Object.values(settings).map(({ variable }) => variable);

/** @throws ConfigError naming every variable that is wrong, a line each */
export function readConfig(env: Environment): Config {
  const faults: string[] = [];

  const valueOf = ({ variable, fallback, parse }: EnvironmentSetting<unknown>): unknown => {
    const text = textOf(env, variable);
    if (text === null || isServiceLink(variable, text)) return fallback;
    try {
      return parse(text, env);
    } catch (error) {
      faults.push(`${variable}: ${error instanceof Error ? error.message : String(error)}`);
      return fallback;
    }
  };
  const entries = Object.entries(settings).map(([name, found]) => [name, valueOf(found)]);
  const config = Object.fromEntries(entries) as unknown as Config;

  faults.push(...brokerFaults(env), ...databaseFaults(env));
  if (config.databaseUrl !== null && config.rabbitmqUrl === null && faults.length === 0) {
    faults.push(
      'ASYA_RABBITMQ_URL: memory: keeps messages in this process alone, and the jobs that ASYA_DATABASE_URL keeps would outlive them; set it to a RabbitMQ',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return config;
}

/**
 * Refuses to serve everybody who reaches this machine; for a gateway without an access file. Whoever calls an open gateway sees every job and
 * can end it, and a warning would go unread.
 *
 * @throws ConfigError naming the ways out
 */
export function assertNotOpen({ host, openAccess }: Config): void {
  if (openAccess || isLoopback(parseHost(host)?.name ?? '')) return;
  throw new ConfigError(
    [
      `ASYA_GATEWAY_HOST: ${host} is reached from other machines, and the gateway asks nobody who they are. Either`,
      '  set ASYA_ACCESS_PATH to a file that says who may call (asya-gateway key NAME begins one),',
      '  or listen on this machine alone: ASYA_GATEWAY_HOST=127.0.0.1,',
      '  or let everybody in who reaches it: ASYA_OPEN_ACCESS=true',
    ].join('\n'),
  );
}
