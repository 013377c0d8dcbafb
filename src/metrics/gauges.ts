import { Gauge, type Registry } from 'prom-client';
import type { JobStore } from '../jobs/ports/job-store.ts';
import { SseStream } from '../lib/sse.ts';
import { withTimeLimit } from '../lib/time-limit.ts';

/** Prometheus gives a scrape up after 10 s by default, and everything else in it would be lost. */
const askLimitMs = 3_000;

/** What is asked at every scrape. */
export interface GaugeSources {
  readonly version: string;
  /** What the gateway needs, by name: null if it is there, else why it is not. */
  readonly dependencies: Readonly<Record<string, () => Promise<string | null>>>;
  readonly store: Pick<JobStore, 'outboxBacklog'>;
  readonly tools: () => { readonly count: number; readonly usable: boolean };
  /** Null: nobody is asked who they are. */
  readonly access: AccessFigures | null;
}

export interface AccessFigures {
  readonly usable: boolean;
  /** How old each issuer's keys are, in milliseconds, by its name. Null: they were never fetched. */
  keyAges(): ReadonlyMap<string, number | null>;
}

interface OutboxFigures {
  readonly jobs: number;
  readonly oldestSeconds: number;
}

/** No alert compares with NaN: what cannot be told is neither good nor bad. */
const unknown: OutboxFigures = { jobs: NaN, oldestSeconds: NaN };

export function addGauges(
  registry: Registry,
  { version, dependencies, store, tools, access }: GaugeSources,
) {
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });

  new Gauge({
    name: 'asya_build_info',
    help: 'Always 1; the version is in the label',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1);

  const up = new Gauge({
    name: 'asya_dependency_up',
    help: 'Whether PostgreSQL and RabbitMQ can be used: 1 or 0',
    labelNames: ['dependency'],
    registers: [],
    async collect() {
      const asking = Object.entries(dependencies).map(async ([dependency, fault]) => {
        const found = await withTimeLimit(fault(), askLimitMs).catch(() => 'no answer');
        this.set({ dependency }, found === null ? 1 : 0);
      });
      await Promise.all(asking);
    },
  });
  registry.registerMetric(up);

  const outbox = once(() =>
    withTimeLimit(readOutbox(store), askLimitMs).catch((): OutboxFigures => unknown),
  );
  gauge(
    'asya_outbox_jobs',
    'Jobs still to be published, of all gateways',
    async () => (await outbox()).jobs,
  );
  gauge(
    'asya_outbox_oldest_seconds',
    'Age of the oldest job still to be published; 0: there is none',
    async () => (await outbox()).oldestSeconds,
  );
  gauge('asya_sse_streams', 'Open event streams', () => SseStream.open);
  gauge('asya_tools', 'Tools on offer', () => tools().count);
  gauge(
    'asya_tools_files_usable',
    '0: the tools files changed and cannot be used; the tools are those of before',
    () => (tools().usable ? 1 : 0),
  );
  if (access !== null) addAccessGauges(registry, access);
}

function addAccessGauges(registry: Registry, access: AccessFigures): void {
  const usable = new Gauge({
    name: 'asya_access_file_usable',
    help: '0: the access file changed and cannot be used; the rules are those of before',
    registers: [],
    collect() {
      this.set(access.usable ? 1 : 0);
    },
  });
  const ages = new Gauge({
    name: 'asya_jwks_age_seconds',
    help: "Age of an issuer's keys; absent until they were fetched for the first time",
    labelNames: ['issuer'],
    registers: [],
    collect() {
      this.reset();
      for (const [issuer, ms] of access.keyAges()) {
        if (ms !== null) this.set({ issuer }, ms / 1000);
      }
    },
  });
  registry.registerMetric(usable);
  registry.registerMetric(ages);
}

async function readOutbox(store: Pick<JobStore, 'outboxBacklog'>): Promise<OutboxFigures> {
  const { jobs, oldestSince } = await store.outboxBacklog();
  if (oldestSince === null) return { jobs, oldestSeconds: 0 };
  return { jobs, oldestSeconds: Math.max(0, Date.now() - oldestSince) / 1000 };
}

/** Callers that come while an answer is awaited share it. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
