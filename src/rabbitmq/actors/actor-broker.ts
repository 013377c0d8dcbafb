import { Refused, Unroutable, type ActorBroker, type Delivery } from '../../actor/actor-broker.ts';
import type { CalledOffJob } from '../../jobs/ports/broker.ts';
import type { Envelope } from '../../jobs/envelope.ts';
import { encodeEnvelope } from '../../wire/envelope-codec.ts';
import type { EpochMs } from '../../jobs/job.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import type { Report } from '../../wire/report.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { onAbort } from '../../lib/on-abort.ts';
import { CancelListener } from './cancel-listener.ts';
import { RabbitConnection } from '../connection/connection.ts';
import { DeadLetters } from '../reports/dead-letters.ts';
import { EnvelopeSender } from '../publishing/envelope-sender.ts';
import { gatheredWritesLeft } from '../connection/gathered-writes.ts';
import { Inquiries } from './inquiries.ts';
import { PutBack } from '../publishing/put-back.ts';
import { tooLargeText, ReportSender } from '../publishing/report-sender.ts';
import { Resending } from '../publishing/resending.ts';
import { StepConsumer } from './step-consumer.ts';

export interface ActorBrokerOptions {
  readonly url: string;
  readonly exchange: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Milliseconds for which an envelope without a queue is sent again before Unroutable. Default 30,000. */
  readonly unroutableGraceMs?: number;
}

/** Connects actors to RabbitMQ. While RabbitMQ is away, it tries again in the background. */
export async function connectActorBroker(options: ActorBrokerOptions): Promise<ActorBroker> {
  const broker = new RabbitActorBroker(options);
  await broker.start();
  return broker;
}

class RabbitActorBroker implements ActorBroker {
  readonly #options: ActorBrokerOptions;
  readonly #clock: Clock;
  readonly #publishing: RabbitConnection;
  readonly #consuming: RabbitConnection;
  readonly #envelopes: EnvelopeSender;
  readonly #reports: ReportSender;
  readonly #inquiries: Inquiries;
  readonly #deadLetters: DeadLetters;
  readonly #putBack: PutBack;
  readonly #cancelListener: CancelListener;
  readonly #onCalledOff: ((job: CalledOffJob) => void)[] = [];
  readonly #consumers: StepConsumer[] = [];
  readonly #closing = new AbortController();
  #closed: Promise<void> | null = null;

  constructor(options: ActorBrokerOptions) {
    const { url, exchange, log, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#publishing = new RabbitConnection({ url, name: 'asya actors, publishing', log });
    this.#consuming = new RabbitConnection({ url, name: 'asya actors, consuming', log });
    const connection = this.#publishing;
    this.#envelopes = new EnvelopeSender({ connection, exchange, clock, log });
    const closing = this.#closing.signal;
    this.#reports = new ReportSender({ connection, clock, log, closing });
    this.#inquiries = new Inquiries(connection, log);
    this.#deadLetters = new DeadLetters({ connection, exchange, log });
    this.#putBack = new PutBack({ connection, log });
    this.#cancelListener = new CancelListener({
      connection: this.#consuming,
      exchange,
      listener: (job) => this.#onCalledOff.forEach((listener) => listener(job)),
      log,
    });
  }

  async start(): Promise<void> {
    await Promise.all([this.#publishing.start(), this.#consuming.start()]);
    this.#cancelListener.start();
  }

  async consume(
    step: string,
    concurrency: number,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    if (this.#closing.signal.aborted) throw new BrokerUnavailable('the connection is closed');
    const { exchange, log } = this.#options;
    const consumer = new StepConsumer({
      connection: this.#consuming,
      exchange,
      step,
      concurrency,
      handle,
      deadLetters: this.#deadLetters,
      putBack: this.#putBack,
      closing: this.#closing.signal,
      log,
    });
    this.#consumers.push(consumer);
    await consumer.start();
    await this.#unlessClosed(consumer.consuming);
  }

  async forward(envelope: Envelope, replyTo: string | null): Promise<void> {
    const { unroutableGraceMs = 30_000 } = this.#options;
    const step = envelope.steps[envelope.current] ?? '';
    const deadline = envelope.deadline ?? Infinity;
    const resending = new Resending(this.#closing.signal);
    let unroutableAfter = Infinity;
    for (;;) {
      const outcome = await resending.attempt(() => this.#envelopes.send(envelope, replyTo));
      if (outcome === 'confirmed') return;
      if (outcome === 'refused') {
        const bytes = Buffer.byteLength(encodeEnvelope(envelope));
        throw new Refused(tooLargeText(`the message for step "${step}"`, bytes));
      }
      if (outcome === 'unroutable') {
        unroutableAfter = Math.min(unroutableAfter, this.#clock() + unroutableGraceMs);
      }
      if (this.#clock() >= Math.min(deadline, unroutableAfter)) {
        throw outcome === null ? new BrokerUnavailable('RabbitMQ is away') : new Unroutable(step);
      }
      await resending.pause();
    }
  }

  report(replyTo: string, report: Report, deadline: EpochMs | null = null): Promise<void> {
    return this.#reports.send(replyTo, report, deadline);
  }

  inquire(replyTo: string, report: Report): Promise<boolean> {
    return this.#inquiries.send(replyTo, report);
  }

  flush(): Promise<void> {
    return gatheredWritesLeft();
  }

  onCalledOff(listener: (job: CalledOffJob) => void): void {
    this.#onCalledOff.push(listener);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    await Promise.all([this.#cancelListener.stop(), this.#inquiries.close()]);
    await Promise.all([this.#consuming.stop(), this.#publishing.stop()]);
  }

  async #unlessClosed(work: Promise<void>): Promise<void> {
    const closed = Promise.withResolvers<never>();
    const stopListening = onAbort(this.#closing.signal, () =>
      closed.reject(new BrokerUnavailable('the connection is closing')),
    );
    try {
      await Promise.race([work, closed.promise]);
    } finally {
      stopListening();
    }
  }
}
