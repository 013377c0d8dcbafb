import type { AsyncMessage } from 'rabbitmq-client';
import { Refused, Unroutable, type ActorBroker, type Delivery } from '../actor/actor-broker.ts';
import type { CalledOffJob } from '../jobs/announcer.ts';
import type { Envelope } from '../jobs/envelope.ts';
import { decodeEnvelope } from '../wire/envelope-codec.ts';
import { BrokerUnavailable } from '../jobs/publisher.ts';
import type { Report } from '../wire/report.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { CancelListener } from './cancel-listener.ts';
import { ConfirmSender, type SendOutcome } from './confirm-sender.ts';
import { RabbitConnection } from './connection.ts';
import { DeadLetters } from './dead-letters.ts';
import { EnvelopeSender } from './envelope-sender.ts';
import { gatheredWritesLeft } from './gathered-writes.ts';
import { textOf } from './message-text.ts';
import { PutBack, wasDelivered } from './put-back.ts';
import { QueueConsumer } from './queue-consumer.ts';
import type { Settlement } from './subscription.ts';

export interface ActorBrokerOptions {
  readonly url: string;
  readonly exchange: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** How long an envelope without a queue is sent again before Unroutable. Default 30,000. */
  readonly unroutableGraceMs?: number;
}

type Handle = (delivery: Delivery) => Promise<void>;

const resending = { firstMs: 100, capMs: 5_000 };

/** The pause grows while a step's handlers fail one after another. */
const redelivering = { firstMs: 1_000, capMs: 30_000 };

/** Connects actors to RabbitMQ. If it is away, the connection is made as soon as it is back. */
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
  readonly #reports: ConfirmSender;
  readonly #deadLetters: DeadLetters;
  readonly #putBack: PutBack;
  readonly #cancelListener: CancelListener;
  readonly #onCalledOff: ((job: CalledOffJob) => void)[] = [];
  readonly #consumers: QueueConsumer[] = [];
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
    this.#reports = new ConfirmSender({ connection, setUp: async () => {}, log });
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

  async consume(step: string, concurrency: number, handle: Handle): Promise<void> {
    if (this.#closing.signal.aborted) throw new BrokerUnavailable('the connection is closed');
    const { exchange, log } = this.#options;
    const failures = { inARow: 0 };
    const consumer = new QueueConsumer({
      connection: this.#consuming,
      exchange,
      queues: [step, `asya-${step}`],
      bindings: [step],
      bindExisting: true,
      firstOnly: true,
      prefetch: concurrency,
      handle: (message, queue) => this.#take(message, queue, handle, failures),
      putBack: this.#putBack,
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
    let unroutableAfter = Infinity;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(() => this.#envelopes.send(envelope, replyTo));
      if (outcome === 'confirmed') return;
      if (outcome === 'refused')
        throw new Refused(`RabbitMQ refuses the message for step "${step}"`);
      if (outcome === 'unroutable') {
        unroutableAfter = Math.min(unroutableAfter, this.#clock() + unroutableGraceMs);
      }
      if (this.#clock() >= Math.min(deadline, unroutableAfter)) {
        throw outcome === null ? new BrokerUnavailable('RabbitMQ is away') : new Unroutable(step);
      }
      await this.#pauseBefore(attempt);
    }
  }

  async report(replyTo: string, report: Report): Promise<void> {
    const send = () => this.#sendReport(replyTo, report);
    if (report.type !== 'final') {
      // Progress that comes late is worth nothing, and the actor would wait for it.
      if ((await send()) !== 'confirmed') throw new BrokerUnavailable(`no queue "${replyTo}"`);
      return;
    }
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(send);
      if (outcome === 'confirmed') return;
      if (outcome === 'refused') throw new Refused('RabbitMQ refuses the report');
      await this.#pauseBefore(attempt);
    }
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
    await this.#cancelListener.stop();
    await Promise.all([this.#consuming.stop(), this.#publishing.stop()]);
  }

  async #take(
    message: AsyncMessage,
    queue: string,
    handle: Handle,
    failures: { inARow: number },
  ): Promise<Settlement> {
    const { log } = this.#options;
    const { signal } = this.#closing;
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(textOf(message));
    } catch (error) {
      return this.#discard(message, queue, String(error));
    }
    try {
      const { replyTo = null } = message;
      await handle({ envelope, replyTo, redelivered: wasDelivered(message) });
      failures.inARow = 0;
      return 'acknowledge';
    } catch (error) {
      if (error instanceof Refused) return this.#discard(message, queue, error.message);
      log.warn({ err: error, queue, jobId: envelope.jobId }, 'a message will be delivered again');
      // Meanwhile it holds its place among those at work, so that a poison message does not spin.
      await pause(backoffMs(++failures.inARow, redelivering), signal);
      return 'requeue';
    }
  }

  async #discard(message: AsyncMessage, queue: string, reason: string): Promise<Settlement> {
    const kept = await this.#deadLetters.keep(message, { queue, reason }, this.#closing.signal);
    return kept ? 'acknowledge' : 'requeue';
  }

  #sendReport(replyTo: string, report: Report): Promise<SendOutcome> {
    return this.#reports.send({
      exchange: '',
      routingKey: replyTo,
      properties: {
        contentType: 'application/json',
        // Progress that a restart of the broker loses is followed by more.
        durable: report.type === 'final',
        messageId: report.job_id,
        correlationId: report.job_id,
        timestamp: Math.floor(this.#clock() / 1000),
        type: 'asya.report',
      },
      body: Buffer.from(JSON.stringify(report)),
    });
  }

  /** Null: the broker is away. */
  async #attempt<T>(send: () => Promise<T>): Promise<T | null> {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      return null;
    }
  }

  /** @throws BrokerUnavailable when closing, so that the message at work goes back to its queue */
  async #pauseBefore(attempt: number): Promise<void> {
    await pause(backoffMs(attempt, resending), this.#closing.signal);
    if (this.#closing.signal.aborted) throw new BrokerUnavailable('the connection is closing');
  }

  async #unlessClosed(work: Promise<void>): Promise<void> {
    const closed = Promise.withResolvers<never>();
    const abandon = () => closed.reject(new BrokerUnavailable('the connection is closing'));
    this.#closing.signal.addEventListener('abort', abandon);
    if (this.#closing.signal.aborted) abandon();
    try {
      await Promise.race([work, closed.promise]);
    } finally {
      this.#closing.signal.removeEventListener('abort', abandon);
    }
  }
}
