import { pino } from 'pino';
import type { FastifyPluginAsync } from 'fastify';
import { buildApp, type AppParts } from '../../src/http/app.ts';
import { createEngine } from '../../src/jobs/engine/engine.ts';
import type { Submission } from '../../src/jobs/submission.ts';
import type { JobStore } from '../../src/jobs/ports/job-store.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Publisher } from '../../src/jobs/ports/publisher.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { Clients } from '../../src/calls/client.ts';
import { MemoryBroker } from '../../src/memory/broker.ts';
import { MemoryJobStore } from '../../src/memory/job-store.ts';
import { argumentsChecker } from '../../src/tools/arguments.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { ReportIntake } from '../../src/wire/report-intake.ts';
import { ReportMemory } from '../../src/wire/report-memory.ts';

export interface TestAppOptions {
  readonly config?: Partial<AppParts['config']>;
  /** Wraps the store, to make it fail. Default: not at all. */
  readonly wrapStore?: (store: JobStore) => JobStore;
  /** Instead of the broker in this process. */
  readonly publisher?: Publisher;
  readonly tools?: readonly Tool[];
  readonly readiness?: AppParts['readiness'];
  readonly mcp?: FastifyPluginAsync;
  readonly clock?: Clock;
  /** Whether the outbox is searched as it is in a gateway. Default: tests do it by `relay`. */
  readonly relays?: boolean;
  readonly log?: AppParts['log'];
}

const silent = pino({ level: 'silent' });

/** The HTTP front over everything a gateway has in memory. Loops do not run: tests are the clock. */
export async function createTestApp(options: TestAppOptions = {}) {
  const { clock = systemClock, log = silent, tools = [aTool()] } = options;
  const memory = new MemoryJobStore();
  const store = options.wrapStore?.(memory) ?? memory;
  const maxResultBytes = options.config?.maxResultBytes ?? 16 * 1_048_576;
  const memoryOfReports = new ReportMemory(maxResultBytes);
  const intake = new ReportIntake({
    take: (report) => engine.reports.take(report),
    maxResultBytes,
    memory: memoryOfReports,
    log,
  });
  const broker = new MemoryBroker({ intake, log, clock });
  const publisher = options.publisher ?? broker;
  const engine = createEngine({
    store,
    publisher,
    broker,
    clock,
    log,
    unroutableGraceMs: 30_000,
    retentionMs: 0,
  });
  const { reports, events, feed, dispatcher } = engine;
  const clients = new Clients({ jobs: engine.jobs, admission: null, log });
  const { jobs } = clients.open;
  await memory.listen(feed);
  if (options.relays === true) await dispatcher.start();
  const closing = new AbortController();

  const app = buildApp({
    config: {
      host: '127.0.0.1',
      allowedHosts: [],
      allowedOrigins: [],
      maxBodyBytes: 1_048_576,
      maxResultBytes,
      actorPort: null,
      ...options.config,
    },
    access: null,
    clients,
    onAuth: () => {},
    reports,
    reportMemory: memoryOfReports,
    tools: () => ({
      list: () => tools,
      find: (name) => tools.find((tool) => tool.name === name) ?? null,
    }),
    mcp: options.mcp ?? (async () => {}),
    readiness: options.readiness ?? (async () => ({ store: null, broker: null })),
    log,
    closing: closing.signal,
  });

  return {
    app,
    store: memory,
    /** As everybody sees them, because nobody is asked who they are. */
    jobs,
    sharedJobs: engine.jobs,
    /** What happens to jobs, as actors and timers make it happen. */
    events,
    reports,
    feed,
    broker,
    closing,
    /** Publishes what came into the outbox once more. */
    relay: (): Promise<boolean> => dispatcher.relayOnce(),
    /** A new job of two steps. */
    submit: (overrides: Partial<Submission> = {}): Promise<Job> =>
      jobs.submit({
        tool: 'enhance_image',
        steps: ['download', 'enhance'],
        payload: { url: 'https://example.com/a.png' },
        metadata: null,
        headers: {},
        timeoutSeconds: 300,
        heartbeatTimeoutSeconds: 0,
        inputTimeoutSeconds: 0,
        ...overrides,
      }),
    async close(): Promise<void> {
      closing.abort();
      await dispatcher.stop();
      await broker.stop();
      // fetch opens connections that it may never use, and the server would wait for their requests.
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

export type TestApp = Awaited<ReturnType<typeof createTestApp>>;

/** A tool that takes a `url`, with whatever a test needs otherwise. */
export function aTool(overrides: Partial<Tool> = {}): Tool {
  const inputSchema = {
    type: 'object',
    properties: { url: { type: 'string' } },
    required: ['url'],
    additionalProperties: false,
  };
  return {
    name: 'enhance_image',
    title: null,
    description: 'Enhance an image',
    inputSchema,
    outputSchema: null,
    annotations: null,
    scopes: [],
    steps: ['download', 'enhance'],
    progress: true,
    timeoutSeconds: 300,
    mode: 'hybrid',
    waitSeconds: 25,
    heartbeatTimeoutSeconds: 0,
    inputTimeoutSeconds: 0,
    taskSupport: 'optional',
    asksFirst: false,
    retry: null,
    clientCapabilities: [],
    metadata: null,
    checkArguments: argumentsChecker('enhance_image', inputSchema),
    ...overrides,
  };
}
