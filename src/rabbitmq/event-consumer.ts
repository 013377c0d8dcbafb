import type { AsyncMessage } from 'rabbitmq-client';
import { StoreUnavailable, type AddressedEvent, type ApplyOutcome } from '../jobs/job-store.ts';
import type { ChildClaim } from '../jobs/child.ts';
import type { JobEvent } from '../jobs/event.ts';
import type { ReportListener } from '../jobs/report-fate.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import { Overloaded } from '../lib/batcher.ts';
import type { Json } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Service } from '../lib/service.ts';
import type { RabbitConnection } from './connection.ts';
import type { DeadLetters } from './dead-letters.ts';
import { storableJsonOf } from './message-text.ts';
import type { PutBack } from './put-back.ts';
import { QueueConsumer } from './queue-consumer.ts';
import type { Settlement } from './subscription.ts';

/**
 * Commits an event.
 *
 * @param child not null: if nobody knows the job, it is a fan-out child
 * @throws StoreUnavailable or Overloaded if it may succeed later
 */
export type ApplyEvent = (
  jobId: string,
  event: JobEvent,
  child: ChildClaim | null,
) => Promise<ApplyOutcome>;

/** What a message says, and what it tells of a job that nobody may know. */
interface Told extends AddressedEvent {
  readonly child?: ChildClaim;
}

/** What all consumers of events share. */
export interface EventConsumerParts {
  /** One for consuming: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly apply: ApplyEvent;
  readonly deadLetters: DeadLetters;
  readonly putBack: PutBack;
  readonly onReport?: ReportListener | undefined;
  readonly log: Log;
  /** How often to look for queues that were created or deleted meanwhile. Default 10,000. */
  readonly lookEveryMs?: number;
}

export interface EventSource {
  readonly queues: readonly [string, ...string[]];
  readonly bindings: readonly string[];
  /** Throws what becomes the reason in the dead letters. */
  readonly decode: (body: Json) => Told;
}

/** Bounds memory, and is many times what one commit takes in. */
const prefetch = 1_000;

const outagePause = { firstMs: 100, capMs: 5_000 };

/** A message that fails for a reason of its own is not let into the store's batches for ever. */
const maxTries = 5;

/** Applies what a queue tells about jobs; acknowledges after the commit. */
export class EventConsumer implements Service {
  readonly #parts: EventConsumerParts;
  readonly #decode: EventSource['decode'];
  readonly #consumer: QueueConsumer;
  readonly #stopping = new AbortController();
  #outage: Promise<void> | null = null;
  #failures = 0;

  constructor(parts: EventConsumerParts, { queues, bindings, decode }: EventSource) {
    const { connection, exchange, putBack, log, lookEveryMs } = parts;
    this.#parts = parts;
    this.#decode = decode;
    this.#consumer = new QueueConsumer({
      connection,
      exchange,
      queues,
      bindings,
      prefetch,
      putBack,
      log,
      ...(lookEveryMs !== undefined && { lookEveryMs }),
      handle: (message, queue) => this.#handle(message, queue),
    });
  }

  /** Resolves once messages come in for the first time. */
  get consuming(): Promise<void> {
    return this.#consumer.consuming;
  }

  start(): Promise<void> {
    return this.#consumer.start();
  }

  /** Waits for commits under way; what waits for an outage to end goes back to its queue. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#consumer.stop();
  }

  async #handle(message: AsyncMessage, queue: string): Promise<Settlement> {
    try {
      const addressed = this.#decode(storableJsonOf(message));
      const outcome = await this.#apply(addressed);
      if (outcome === null) return 'requeue';
      if (outcome.kind === 'unknown' && isFinal(addressed.event)) {
        return await this.#discard(message, queue, `unknown job ${addressed.jobId}`);
      }
      this.#logUnlessApplied(addressed, outcome);
      this.#parts.onReport?.(queue, outcome.kind === 'applied' ? 'applied' : 'refused');
      return 'acknowledge';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#discard(message, queue, reason);
    }
  }

  async #discard(message: AsyncMessage, queue: string, reason: string): Promise<Settlement> {
    const { signal } = this.#stopping;
    const kept = await this.#parts.deadLetters.keep(message, { queue, reason }, signal);
    if (!kept) return 'requeue';
    this.#parts.onReport?.(queue, 'dead-lettered');
    return 'acknowledge';
  }

  /** Null: stopped before the store took it. */
  async #apply({ jobId, event, child }: Told): Promise<ApplyOutcome | null> {
    for (let tries = 1; ;) {
      while (this.#outage !== null) await this.#outage;
      if (this.#stopping.signal.aborted) return null;
      try {
        const outcome = await this.#parts.apply(jobId, event, child ?? null);
        this.#failures = 0;
        return outcome;
      } catch (error) {
        if (!isOutage(error) && tries++ >= maxTries) throw error;
        this.#outage ??= this.#waitOut(error);
      }
    }
  }

  /** One wait for all messages: those that go on together keep their order. */
  async #waitOut(error: unknown): Promise<void> {
    if (++this.#failures === 1) this.#parts.log.warn({ err: error }, 'reports wait for the store');
    await pause(backoffMs(this.#failures, outagePause), this.#stopping.signal);
    this.#outage = null;
  }

  #logUnlessApplied({ jobId, event }: AddressedEvent, outcome: ApplyOutcome): void {
    if (outcome.kind === 'applied') return;
    const refusal = outcome.kind === 'refused' ? outcome.refusal : 'unknown';
    const level = refusal === 'conflict' ? 'warn' : 'debug';
    this.#parts.log[level]({ jobId, event: event.type, refusal }, 'an event changed nothing');
  }
}

function isFinal({ type }: JobEvent): boolean {
  return type === 'succeeded' || type === 'failed';
}

function isOutage(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof Overloaded;
}
