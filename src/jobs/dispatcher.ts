import { pause } from '../lib/backoff.ts';
import { Batcher } from '../lib/batcher.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { envelopeOf } from './envelope.ts';
import type { Failed } from './event.ts';
import type { EpochMs, Job } from './job.ts';
import type { JobEvents } from './job-events.ts';
import type { JobStore, OutboxJob, SentJob } from './job-store.ts';
import { sizeOfJob } from './size.ts';
import { BrokerUnavailable, type PublishOutcome, type Publisher } from './publisher.ts';

/**
 * A job belongs to one dispatcher this long. It must outlast a publisher's waits for its confirms (at
 * most two of 4 s), or a second dispatcher publishes again what the first still waits for.
 */
const leaseMs = 9_000;

/** How often the outbox is searched for what its dispatcher did not get done. */
const relayEveryMs = 1_000;

/** Messages waiting for their confirm; what comes on top stays in the outbox. A batch may exceed it. */
const maxInFlight = 2_000;

/** And the bytes of their jobs. */
const maxInFlightBytes = 64 * 1_048_576;

const relayBatch = 200;

/** Between two batches of marks. Nobody waits for them, and fewer, larger ones cost less. */
const markPauseMs = 20;

/** Pauses before an unroutable message is tried again; they grow with the time it has been so. */
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
 * Brings committed jobs to their queues. The creating process publishes at once; whatever it leaves
 * undone, because the broker or the process was away, every dispatcher finds in the outbox.
 */
export class Dispatcher implements Service {
  readonly #parts: DispatcherParts;
  readonly #relay: PeriodicLoop;
  readonly #marks: Batcher<SentJob, SentJob>;
  readonly #inFlight = new Set<Promise<void>>();
  #inFlightBytes = 0;
  /** Are there jobs in the outbox that nobody has, because there was no room for them? */
  #left = false;
  /** Confirmed by the broker, and still to be marked: the store went away in between. */
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

  /** Until when jobs created now are this dispatcher's; null: it has no room for more. */
  leaseFrom(now: EpochMs): EpochMs | null {
    return this.#room > 0 ? now + leaseMs : null;
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

  /** A job was just created without a lease: it is in the outbox, for whoever has room first. */
  leave(): void {
    this.#left = true;
    this.#takeLeft();
  }

  /** How many more messages may be under way. */
  get #room(): number {
    return this.#inFlightBytes < maxInFlightBytes ? maxInFlight - this.#inFlight.size : 0;
  }

  /** Looks for what others, or answers to an actor's question, put into the outbox, now. */
  wake(): void {
    this.#relay.wake();
  }

  /** Publishes a batch of what others left in the outbox; true: there may be more. */
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

  /** Never rejects: what fails stays in the outbox. */
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

  /** Once there is room for some batches of them. */
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
    await this.#parts.events.apply(job.id, { type: 'failed', reason, error, details: null });
  }
}
