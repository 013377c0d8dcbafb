import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AccessSource } from './access/access-source.ts';
import type { UsageChannel, UsageListener } from './access/usage.ts';
import { UsageExchange } from './access/usage-exchange.ts';
import type { ActorBroker, ActorConnector } from './actor/actor-broker.ts';
import { assertNotOpen, type Config } from './config.ts';
import { createEntrance } from './entrance.ts';
import type { HandledRequest } from './http/server/responses.ts';
import { buildActorApp, type ActorAppParts } from './http/actors/actor-app.ts';
import { buildApp } from './http/app.ts';
import { explainListenError, urlOf } from './http/server/listening.ts';
import { buildMetricsApp } from './http/metrics-app.ts';
import type { Broker, ReportListener } from './jobs/ports/broker.ts';
import { createEngine } from './jobs/engine/engine.ts';
import type { ChangeListener, JobStore } from './jobs/ports/job-store.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import type { Service } from './lib/service.ts';
import { callAfter } from './lib/timer.ts';
import { mcpPlugin } from './mcp/endpoint.ts';
import { RequestStates } from './mcp/modern/request-state.ts';
import { Sessions } from './mcp/legacy/session.ts';
import { MemoryBroker } from './memory/broker.ts';
import { MemoryJobStore } from './memory/job-store.ts';
import { Metrics } from './metrics/metrics.ts';
import { PostgresDatabase } from './postgres/database.ts';
import { RabbitBroker } from './rabbitmq/broker.ts';
import type { ToolSource } from './tools/tool-source.ts';
import { ReportIntake } from './wire/report-intake.ts';
import { ReportMemory } from './wire/report-memory.ts';

/** Answers under way have this long once the gateway stops. */
const drainLimitMs = 5_000;

/**
 * A gateway that is told to stop goes on listening for this long, and says in its responses that it
 * stops, so that clients go elsewhere before it refuses them.
 */
const farewellMs = 500;

export interface GatewayOptions {
  readonly config: Config;
  readonly tools: ToolSource;
  /** Who may call; null: nobody is asked who they are. */
  readonly access: AccessSource | null;
  readonly version: string;
  readonly log: Logger;
  /** Called if the gateway finds after its start that it cannot go on. */
  readonly onFatal: (error: Error) => void;
}

export interface Gateway extends Service {
  /** Where it listens, such as `http://127.0.0.1:8080`; null until it has started. */
  readonly url: string | null;
  /** Where actors report, if that is a listener of its own; null until it has started. */
  readonly actorUrl: string | null;
  /** A connection to its broker, for actors in this process. */
  connectActors(): Promise<ActorBroker>;
}

interface ActorListener extends Service {
  /** Null until it has started. */
  readonly url: string | null;
}

/** Where jobs are kept, however they are. */
interface Storage extends Service {
  readonly store: JobStore;
  /** The time that deadlines, leases and heartbeats go by. */
  readonly clock: Clock;
  /** Tells other gateways what owners used; null: there are none. */
  readonly usage: UsageChannel | null;
  unavailable(): Promise<string | null>;
}

/** Composition root: what the gateway is made of, and the order in which it starts and stops. */
export function createGateway(options: GatewayOptions): Gateway {
  const { config, tools, access, version, log } = options;
  if (access === null) assertNotOpen(config);

  const metrics = config.metricsPort === null ? null : new Metrics();

  const storage = openStorage(options, {
    listener: () => feed,
    onUsage: access && ((usages) => entrance.onUsage(usages)),
  });
  const { clock } = storage;
  const { maxResultBytes } = config;
  const memory = new ReportMemory(maxResultBytes);
  const intake = new ReportIntake({
    take: (report) => reports.take(report),
    maxResultBytes,
    memory,
    log,
  });
  const broker = openBroker(options, clock, {
    intake,
    isActive: (jobId, attempt) => reports.isActive(jobId, attempt),
    onReport: (queue, fate) => metrics?.countReport(queue, fate),
  });
  const store = metrics?.observeStore(storage.store) ?? storage.store;
  const publisher = metrics?.observePublisher(broker) ?? broker;
  const { jobs, reports, feed, dispatcher, reaper } = createEngine({
    store,
    publisher,
    broker,
    clock,
    log,
    unroutableGraceMs: config.unroutableGraceSeconds * 1000,
    retentionMs: config.jobRetentionSeconds * 1000,
  });

  const drain = new AbortController();
  const closing = drain.signal;
  const entrance = createEntrance({ access, jobs, store, metrics, log });
  const secret = config.secret ?? randomBytes(32);
  const sessions = new Sessions({ secret, clock });
  const requestStates = new RequestStates({ secret, clock });
  const serverInfo = { name: 'asya-gateway', version };
  const front = { config, tools: () => tools.current(), clock, log, closing };
  const toolsChanged = (listener: () => void): (() => void) => tools.onChange(listener);
  const mcp = mcpPlugin({ ...front, toolsChanged, sessions, requestStates, serverInfo });
  const dependencies = {
    database: () => storage.unavailable(),
    broker: async () => publisher.unavailable(),
  };
  const readiness = async (): Promise<Record<string, string | null>> => ({
    database: await dependencies.database(),
    broker: await dependencies.broker(),
  });
  const onResponse =
    metrics === null
      ? {}
      : { onResponse: (handled: HandledRequest) => metrics.countResponse(handled) };
  const { access: rules, clients, onAuth } = entrance;
  const answering = { access: rules, clients, onAuth, readiness, ...onResponse };
  const actorParts = { config, reports, reportMemory: memory, log, closing, ...answering };
  const app = buildApp({ ...front, ...actorParts, mcp });
  const actorListener = config.actorPort === null ? null : actorServer(options, actorParts);
  metrics?.ask({
    version,
    dependencies,
    store,
    access,
    tools: () => ({ count: tools.current().list().length, usable: tools.usable }),
  });
  // The metrics start first and stop last, so that a gateway that cannot start or stop is seen.
  const metricsServer = metrics === null ? [] : [serveMetrics(options, metrics)];

  const { admission } = entrance;
  const limits =
    admission === null ? [] : [new UsageExchange({ admission, channel: storage.usage })];
  const services: readonly Service[] = [
    ...metricsServer,
    tools,
    ...(access === null ? [] : [access]),
    storage,
    feed,
    broker,
    dispatcher,
    reaper,
    ...limits,
    ...(actorListener === null ? [] : [actorListener]),
  ];
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
    const stopImpatience = callAfter(drainLimitMs, () => app.server.closeAllConnections());
    await app.close();
    stopImpatience();
    for (const service of services.toReversed()) await service.stop();
  }

  return {
    get url() {
      return url;
    },
    get actorUrl() {
      return actorListener?.url ?? null;
    },
    async start() {
      for (const service of services) await service.start();
      const { host, port } = config;
      await app.listen({ host, port }).catch(explainListenError('ASYA_GATEWAY_PORT', host));
      url = urlOf(app.server.address() as AddressInfo);
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    connectActors: () => broker.connectActors(),
  };
}

interface StorageListeners {
  readonly listener: () => ChangeListener;
  readonly onUsage: UsageListener | null;
}

function openStorage(options: GatewayOptions, { listener, onUsage }: StorageListeners): Storage {
  const { config, log, onFatal } = options;
  const { databaseUrl: url, databaseMaxConnections: maxConnections } = config;
  if (url !== null) {
    if (config.secret === null) {
      log.warn(
        'ASYA_SECRET is not set: other replicas, and this one after a restart, refuse the MCP sessions of this process and the answers to questions that it asked',
      );
    }
    return new PostgresDatabase({
      url,
      maxConnections,
      log,
      listener,
      onUsage,
      onUnusable: onFatal,
    });
  }
  const store = new MemoryJobStore();
  return {
    store,
    clock: systemClock,
    usage: null,
    start: async () => {
      log.info('jobs are kept in memory: they are gone with this process');
      await store.listen(listener());
    },
    stop: () => store.close(),
    unavailable: () => store.unavailable(),
  };
}

interface ReportParts {
  readonly intake: ReportIntake;
  readonly isActive: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly onReport: ReportListener;
}

function openBroker(
  { config, log }: GatewayOptions,
  clock: Clock,
  parts: ReportParts,
): Broker & ActorConnector {
  const { rabbitmqUrl: url, rabbitmqExchange: exchange, consumeEndQueues } = config;
  return url === null
    ? new MemoryBroker({ ...parts, log, clock })
    : new RabbitBroker({ url, exchange, consumeEndQueues, ...parts, clock, log });
}

/** What actors report to, on a port of their own. */
function actorServer({ config, log }: GatewayOptions, parts: ActorAppParts): ActorListener {
  const { host, actorPort } = config;
  const app = buildActorApp(parts);
  let url: string | null = null;
  return {
    get url() {
      return url;
    },
    start: async () => {
      await app
        .listen({ host, port: actorPort ?? 0 })
        .catch(explainListenError('ASYA_ACTOR_PORT', host));
      url = urlOf(app.server.address() as AddressInfo);
      log.info({ url }, `actors report to ${url}`);
    },
    stop: async () => {
      const stopImpatience = callAfter(drainLimitMs, () => app.server.closeAllConnections());
      await app.close();
      stopImpatience();
    },
  };
}

function serveMetrics({ config, log }: GatewayOptions, metrics: Metrics): Service {
  const { host, metricsPort } = config;
  const app = buildMetricsApp({ config, metrics, log });
  return {
    start: async () => {
      await app
        .listen({ host, port: metricsPort ?? 0 })
        .catch(explainListenError('ASYA_METRICS_PORT', host));
      const url = `${urlOf(app.server.address() as AddressInfo)}/metrics`;
      log.info({ url }, `metrics at ${url}`);
    },
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
