import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ActorBroker } from './actor/actor-broker.ts';
import { ConfigError, type Config } from './config.ts';
import { buildApp } from './http/app.ts';
import type { ChildClaim } from './jobs/child.ts';
import type { Announcer } from './jobs/announcer.ts';
import { Dispatcher } from './jobs/dispatcher.ts';
import type { JobEvent } from './jobs/event.ts';
import { JobFeed } from './jobs/job-feed.ts';
import { JobService } from './jobs/job-service.ts';
import type { ApplyOutcome, ChangeListener, JobStore } from './jobs/job-store.ts';
import type { Publisher } from './jobs/publisher.ts';
import { Reaper } from './jobs/reaper.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import type { Service } from './lib/service.ts';
import { mcpPlugin } from './mcp/endpoint.ts';
import { Sessions } from './mcp/session.ts';
import { ToolCalls } from './mcp/tool-call.ts';
import { MemoryBroker } from './memory/broker.ts';
import { MemoryJobStore } from './memory/job-store.ts';
import { PostgresDatabase } from './postgres/database.ts';
import { RabbitBroker } from './rabbitmq/broker.ts';
import type { ToolSource } from './tools/tool-source.ts';

/** Answers under way have this long once the gateway stops. */
const drainLimitMs = 5_000;

/** Before it stops to listen, a gateway that is told to stop goes on for this long, and says so. */
const farewellMs = 500;

export interface GatewayOptions {
  readonly config: Config;
  readonly tools: ToolSource;
  readonly version: string;
  readonly log: Logger;
  /** Called if the gateway finds after its start that it cannot go on. */
  readonly onFatal: (error: Error) => void;
}

export interface Gateway extends Service {
  /** Where it listens, such as `http://127.0.0.1:8080`; null until it has started. */
  readonly url: string | null;
  /** A connection to its broker, for actors in this process. */
  connectActors(): Promise<ActorBroker>;
}

/** Where jobs are kept, however they are. */
interface Storage extends Service {
  readonly store: JobStore;
  /** The time that deadlines, leases and heartbeats go by. */
  readonly clock: Clock;
  unavailable(): Promise<string | null>;
}

/** How messages travel, however they do. */
interface Broker extends Service {
  readonly publisher: Publisher;
  readonly announcer: Announcer;
  /** Do reports come in, as far as can be told? */
  canHear(): boolean;
  connectActors(): Promise<ActorBroker>;
}

/** Composition root: what the gateway is made of, and the order in which it starts and stops. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, tools, version, log } = options;

  const storage = openStorage(options, () => feed);
  const { store, clock } = storage;
  const apply: Apply = (jobId, event, child) => jobs.apply(jobId, event, child);
  const broker = openBroker(options, clock, apply);
  const { publisher, announcer } = broker;

  const unroutableGraceMs = config.unroutableGraceSeconds * 1000;
  const retentionMs = config.jobRetentionSeconds * 1000;
  const dispatcher = new Dispatcher({ store, publisher, clock, log, unroutableGraceMs });
  const jobs = new JobService({ store, dispatcher, announcer, clock });
  const feed = new JobFeed(store);
  const canHear = () => broker.canHear();
  const reaper = new Reaper({ store, announcer, clock, log, retentionMs, canHear });

  const drain = new AbortController();
  const closing = drain.signal;
  const toolCalls = new ToolCalls({ jobs, feed });
  const sessions = new Sessions({ secret: config.secret ?? randomBytes(32), clock });
  const serverInfo = { name: 'asya-gateway', version };
  const front = { config, tools: () => tools.current(), jobs, feed, toolCalls, log, closing };
  const toolsChanged = (listener: () => void): (() => void) => tools.onChange(listener);
  const mcp = mcpPlugin({ ...front, toolsChanged, sessions, serverInfo, clock });
  const readiness = async (): Promise<Record<string, string | null>> => ({
    database: await storage.unavailable(),
    broker: publisher.unavailable(),
  });
  const app = buildApp({ ...front, mcp, readiness });

  const services: readonly Service[] = [tools, storage, feed, broker, dispatcher, reaper];
  let url: string | null = null;
  let stopped: Promise<void> | null = null;

  /** Streams and waits end first, because the server waits for every answer under way. */
  async function stop(): Promise<void> {
    // Else a connection whose stream ends now would be kept for its client's next request.
    app.server.keepAliveTimeout = 1;
    app.server.keepAliveTimeoutBuffer = 0;
    drain.abort();
    // Whoever keeps a connection is told with its next answer that it ends. Closed without a word, it
    // might carry a call already, and that caller could not know what became of it.
    if (url !== null) await pause(farewellMs);
    // Closing waits for every connection, also for one on which nothing was ever asked.
    const impatience = setTimeout(() => app.server.closeAllConnections(), drainLimitMs);
    await app.close();
    clearTimeout(impatience);
    for (const service of services.toReversed()) await service.stop();
  }

  return {
    get url() {
      return url;
    },
    async start() {
      for (const service of services) await service.start();
      await app.listen({ host: config.host, port: config.port }).catch(explainListenError);
      url = urlOf(app.server.address() as AddressInfo);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    connectActors: () => broker.connectActors(),
  };
}

function openStorage(options: GatewayOptions, listener: () => ChangeListener): Storage {
  const { config, log, onFatal } = options;
  const { databaseUrl: url, databaseMaxConnections: maxConnections } = config;
  if (url !== null) {
    if (config.secret === null) {
      log.warn(
        'ASYA_SECRET is not set: other replicas, and this one after a restart, refuse the MCP sessions of this process',
      );
    }
    return new PostgresDatabase({ url, maxConnections, log, listener, onUnusable: onFatal });
  }
  const store = new MemoryJobStore();
  return {
    store,
    clock: systemClock,
    start: async () => {
      log.info('jobs are kept in memory: they are gone with this process');
      await store.listen(listener());
    },
    stop: () => store.close(),
    unavailable: () => store.unavailable(),
  };
}

type Apply = (jobId: string, event: JobEvent, child?: ChildClaim | null) => Promise<ApplyOutcome>;

function openBroker({ config, log }: GatewayOptions, clock: Clock, apply: Apply): Broker {
  const { rabbitmqUrl: url, rabbitmqExchange: exchange, consumeEndQueues } = config;
  if (url !== null) {
    return new RabbitBroker({ url, exchange, consumeEndQueues, apply, clock, log });
  }
  const broker = new MemoryBroker({ apply, log, clock });
  return {
    publisher: broker,
    announcer: broker,
    canHear: () => true,
    start: async () =>
      log.info('queues are kept in memory: only actors in this process are reached'),
    stop: async () => broker.close(),
    connectActors: async () => broker.connect(),
  };
}

/** @throws ConfigError if the configuration is what keeps the server from listening */
function explainListenError(
  error: NodeJS.ErrnoException & { port?: number; address?: string },
): never {
  const { code, address, port } = error;
  switch (code) {
    case 'EADDRINUSE':
      throw new ConfigError(
        `ASYA_GATEWAY_PORT: port ${port} at ${address} is taken; choose another, or 0 for any`,
      );
    case 'EACCES':
      throw new ConfigError(
        `ASYA_GATEWAY_PORT: port ${port} needs privileges; choose one from 1024 on`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      throw new ConfigError('ASYA_GATEWAY_HOST: this machine has no such address');
    default:
      throw error;
  }
}

function urlOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
