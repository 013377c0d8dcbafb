import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { HandledRequest } from '../http/server/responses.ts';
import type { JobStore } from '../jobs/ports/job-store.ts';
import type { Publisher } from '../jobs/ports/publisher.ts';
import { reportFates, type ReportFate } from '../jobs/ports/broker.ts';
import { addGauges, type GaugeSources } from './gauges.ts';
import { ObservedPublisher } from './observed-publisher.ts';
import { ObservedStore } from './observed-store.ts';

/**
 * What operators see of a gateway, in Prometheus' text format. It watches ports from outside; the
 * core knows nothing of it. Labels hold what operators wrote or the code enumerates: tools, statuses,
 * routes' patterns; never ids, paths or what callers sent.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #requestSeconds: Histogram<'route'>;
  readonly #reports: Counter<'queue' | 'fate'>;
  readonly #auth: Counter<'scheme' | 'outcome'>;
  readonly #limited: Counter<'limit'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: 'asya_http_requests_total',
      help: 'Requests that are over; status 499: the client left before its answer',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'asya_http_request_seconds',
      help: 'Time to the end of an answer, without event streams; calls may wait for their result',
      labelNames: ['route'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#reports = new Counter({
      name: 'asya_reports_total',
      help: 'Messages taken from report and end queues, by what became of them',
      labelNames: ['queue', 'fate'],
      registers,
    });
    this.#auth = new Counter({
      name: 'asya_auth_total',
      help: 'Requests by what they showed of who makes them, and whether they were let in',
      labelNames: ['scheme', 'outcome'],
      registers,
    });
    this.#limited = new Counter({
      name: 'asya_limited_total',
      help: 'Requests refused because their owner has used up what it may',
      labelNames: ['limit'],
      registers,
    });
  }

  /** A request that showed, or did not show, who makes it. */
  countAuth(scheme: string, outcome: string): void {
    this.#auth.inc({ scheme, outcome });
  }

  /** A request that was refused because its owner has used up what it may. */
  countLimited(limit: string): void {
    this.#limited.inc({ limit });
  }

  /** The media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** What is asked at every scrape. To be called once. */
  ask(asked: GaugeSources): void {
    addGauges(this.#registry, asked);
  }

  /** The same store, watched. To be called once. */
  observeStore(store: JobStore): JobStore {
    return new ObservedStore(store, this.#registry);
  }

  /** The same publisher, watched. To be called once. */
  observePublisher(publisher: Publisher): Publisher {
    return new ObservedPublisher(publisher, this.#registry);
  }

  countResponse({ method, route, status, seconds, isStream }: HandledRequest): void {
    this.#requests.inc({ method, route, status });
    if (!isStream) this.#requestSeconds.observe({ route }, seconds);
  }

  countReport(queue: string, fate: ReportFate): void {
    // From the first report on, so that the first dead letter is an increase as well.
    for (const each of reportFates) this.#reports.inc({ queue, fate: each }, each === fate ? 1 : 0);
  }
}
