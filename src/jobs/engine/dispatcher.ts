import { pause } from '../../lib/backoff.ts';
import { Batcher } from '../../lib/batcher.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { PeriodicLoop, type Service } from '../../lib/service.ts';
import { envelopeOf } from '../envelope.ts';
import type { Failed } from '../event.ts';
import type { EpochMs, Job } from '../job.ts';
import type { JobEvents } from './job-events.ts';
import type { JobStore, OutboxJob, SentJob } from '../ports/job-store.ts';
import { sizeOfJob } from '../size.ts';
import { BrokerUnavailable, type PublishOutcome, type Publisher } from '../ports/publisher.ts';

/**
 * How long a job belongs to one dispatcher. A publisher waits for confirms at most twice 4 s; if the
 * lease were shorter, a second dispatcher would publish again what the first still waits for.
 */
const leaseMs = 9_000;

/** How often the outbox is searched for jobs that another dispatcher left behind. */
const relayEveryMs = 1_000;

/** Most messages that wait for their confirm. Further jobs stay in the outbox until there is room. */
const maxInFlight = 2_000;

/** Most bytes that the jobs of those messages hold. One batch may exceed both limits. */
const maxInFlightBytes = 64 * 1_048_576;

const relayBatch = 200;

/** Pause between two batches of marks. Nobody waits for a mark, and fewer, larger batches cost less. */
const markPauseMs = 20;

/** Shortest and longest pause before an unroutable message is tried again. It grows with each try. */
const minPauseMs = 500;
const maxPauseMs = 5_000;

export interface DispatcherParts {
  readonly store: Pick<JobStore, 'claimOutbox' | 'markDispatched' | 'postpone'>;
  readonly events: JobEvents;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a message without a queue is tried again before its job fails as Unroutable. */
  readonly unroutableGraceMs: number;
}

/**
 * Brings committed jobs to their queues. The process that creates a job publishes it at once. If the
 * broker is away or the process dies, the job is still in the outbox, where any dispatcher finds it.
 */
export class Dispatcher implements Service {
  readonly #parts: DispatcherParts;
  readonly #relay: PeriodicLoop;
  readonly #marks: Batcher<SentJob, SentJob>;
  readonly #inFlight = new Set<Promise<void>>();
  #inFlightBytes = 0;
  /** Whether this process left jobs in the outbox because it had no room for them. */
  #left = false;
  /** Jobs that the broker confirmed while the store was away. They are marked once it is back. */
  readonly #unmarked = new Set<SentJob>();
  readonly #stopping = new AbortController();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { store, clock, log } = parts;
    this.#marks = new Batcher(async (sent) => {
      await store.markDispatched(sent, clock());
      await pause(markPauseMs, this.#stopping.signal);
      return [...sent];
    });
    this.#relay = new PeriodicLoop({
      everyMs: relayEveryMs,
      runOnce: () => this.relayOnce(),
      onError: (error) =>
        log.warn({ err: error }, 'the outbox could not be searched; trying again'),
    });
  }

  async start(): Promise<void> {
    this.#parts.publisher.onAvailable(() => this.#relay.wake());
    await this.#relay.start();
  }

  /** Waits for the confirms under way. */
  async stop(): Promise<void> {
    await this.#relay.stop();
    this.#stopping.abort();
    await Promise.all(this.#inFlight);
  }

  /** Until when a job created now belongs to this dispatcher. Null: it has no room for more. */
  leaseFrom(now: EpochMs): EpochMs | null {
    return this.#room > 0 ? now + leaseMs : null;
  }

  /** Can messages be sent at the moment? */
  isAvailable(): boolean {
    return this.#parts.publisher.unavailable() === null;
  }

  /** @throws BrokerUnavailable if no message can be sent at the moment */
  assertAvailable(): void {
    const fault = this.#parts.publisher.unavailable();
    if (fault !== null) throw new BrokerUnavailable(fault);
  }

  /** Publishes a job that was just created under a lease, in the background. */
  dispatch(job: Job): void {
    void this.#track({ job, unroutableSince: null });
  }

  /** Says that a job was created without a lease. Any dispatcher that has room takes it from the outbox. */
  leave(): void {
    this.#left = true;
    this.#takeLeft();
  }

  /** How many more messages may be under way. */
  get #room(): number {
    return this.#inFlightBytes < maxInFlightBytes ? maxInFlight - this.#inFlight.size : 0;
  }

  /** Searches the outbox now: an answer to an actor's question has just put a job back into it. */
  wake(): void {
    this.#relay.wake();
  }

  /** Publishes a batch of jobs that others left in the outbox. True: there may be more. */
  async relayOnce(): Promise<boolean> {
    const { store, publisher, clock } = this.#parts;
    const limit = Math.min(relayBatch, this.#room);
    if (limit <= 0 || publisher.unavailable() !== null) return false;
    await this.#markLate();
    const now = clock();
    const claimed = await store.claimOutbox(now, now + leaseMs, limit);
    await Promise.all(claimed.map((item) => this.#track(item)));
    return claimed.length === limit;
  }

  /** Never rejects: a job whose sending fails stays in the outbox. */
  #track(item: OutboxJob): Promise<void> {
    const bytes = sizeOfJob(item.job);
    this.#inFlightBytes += bytes;
    const work = this.#send(item)
      .catch((error: unknown) => {
        const { id: jobId } = item.job;
        this.#parts.log.warn({ err: error, jobId }, 'dispatch failed; the outbox keeps the job');
      })
      .finally(() => {
        this.#inFlight.delete(work);
        this.#inFlightBytes -= bytes;
        this.#takeLeft();
      });
    this.#inFlight.add(work);
    return work;
  }

  /** Searches for the jobs that were left, once there is room for several batches of them. */
  #takeLeft(): void {
    if (!this.#left || this.#room < maxInFlight / 2) return;
    this.#left = false;
    this.#relay.wake();
  }

  async #send(item: OutboxJob): Promise<void> {
    let outcome: PublishOutcome;
    try {
      outcome = await this.#parts.publisher.publish(envelopeOf(item.job));
    } catch (error) {
      await this.#postpone(item, minPauseMs, item.unroutableSince);
      throw error;
    }
    if (outcome === 'confirmed') await this.#mark(item.job);
    else if (outcome === 'unroutable') await this.#retryOrFail(item);
    else await this.#fail(item.job, 'PublishFailed', 'the broker refuses the message of this job');
  }

  async #mark({ id, outboxSeq }: SentJob): Promise<void> {
    const sent = { id, outboxSeq };
    try {
      await this.#marks.add(sent);
    } catch (error) {
      if (this.#unmarked.size < maxInFlight) this.#unmarked.add(sent);
      throw error;
    }
  }

  /** Before the outbox is searched, where they would be taken for messages that were never sent. */
  async #markLate(): Promise<void> {
    const sent = [...this.#unmarked];
    if (sent.length === 0) return;
    await this.#parts.store.markDispatched(sent, this.#parts.clock());
    for (const job of sent) this.#unmarked.delete(job);
  }

  async #retryOrFail(item: OutboxJob): Promise<void> {
    const { clock, unroutableGraceMs } = this.#parts;
    const now = clock();
    const since = item.unroutableSince ?? now;
    const left = since + unroutableGraceMs - now;
    if (left > 0) {
      const pause = Math.min(Math.max(now - since, minPauseMs), maxPauseMs, left);
      return this.#postpone(item, pause, since);
    }
    const { steps, current } = envelopeOf(item.job);
    return this.#fail(item.job, 'Unroutable', `no queue is bound for step "${steps[current]}"`);
  }

  async #postpone(
    item: OutboxJob,
    pauseMs: number,
    unroutableSince: EpochMs | null,
  ): Promise<void> {
    const until = this.#parts.clock() + pauseMs;
    await this.#parts.store.postpone([{ jobId: item.job.id, until, unroutableSince }]);
  }

  async #fail(job: Job, reason: Failed['reason'], error: string): Promise<void> {
    const { id, attempt } = job;
    await this.#parts.events.apply(id, { type: 'failed', attempt, reason, error, details: null });
  }
}
