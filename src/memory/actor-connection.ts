import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Consumer, Message } from 'smqp';
import { Refused, Unroutable, type ActorBroker, type Delivery } from '../actor/actor-broker.ts';
import type { CalledOffJob } from '../jobs/ports/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import { decodeEnvelope, encodeEnvelope, MalformedEnvelope } from '../wire/envelope-codec.ts';
import { BrokerUnavailable } from '../jobs/ports/publisher.ts';
import type { Report } from '../wire/report.ts';
import { pause } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { QueuedMessage, Queues } from './queues.ts';
import type { ReportInbox } from './report-inbox.ts';

interface Parts {
  readonly queues: Queues;
  readonly reports: ReportInbox;
  /** The name of the queue that leads to `reports`. */
  readonly reportQueue: string;
  readonly isActive: ((jobId: string, attempt: number | null) => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Pause before a message whose handler failed is delivered again. */
  readonly redeliverMs: number;
  readonly onClose: () => void;
}

/** The connection of one group of actors in this process to its broker. */
export class ActorConnection implements ActorBroker {
  readonly #parts: Parts;
  readonly #consumers: Consumer[] = [];
  readonly #atWork = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #onCalledOff: ((job: CalledOffJob) => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async consume(
    step: string,
    concurrency: number,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    if (this.#closing.signal.aborted) throw new BrokerUnavailable('the connection is closed');
    const take = (_key: string, message: Message) => {
      const work = this.#take(step, message, handle).finally(() => this.#atWork.delete(work));
      this.#atWork.add(work);
    };
    const consumer: Consumer = this.#parts.queues
      .declare(step)
      .consume(take, { prefetch: concurrency });
    this.#consumers.push(consumer);
  }

  async forward(envelope: Envelope, replyTo: string | null): Promise<void> {
    const step = envelope.steps[envelope.current] ?? '';
    const { queues } = this.#parts;
    const message = { body: encodeEnvelope(envelope), replyTo, expiresAt: envelope.deadline };
    if (!queues.send(step, message)) throw new Unroutable(step);
  }

  async report(replyTo: string, report: Report): Promise<void> {
    const { queues, reports, reportQueue } = this.#parts;
    const body = JSON.stringify(report);
    if (replyTo === reportQueue) return reports.add(Buffer.from(body), this.#closing.signal);
    if (!queues.send(replyTo, { body, replyTo: null, expiresAt: null })) {
      throw new Unroutable(replyTo);
    }
  }

  async inquire(replyTo: string, report: Report): Promise<boolean> {
    const { isActive } = this.#parts;
    try {
      await this.report(replyTo, report);
      if (isActive === undefined) return true;
      return await isActive(report.job_id, report.attempt ?? null);
    } catch {
      return true;
    }
  }

  async flush(): Promise<void> {}

  onCalledOff(listener: (job: CalledOffJob) => void): void {
    this.#onCalledOff.push(listener);
  }

  calledOff(job: CalledOffJob): void {
    for (const listener of this.#onCalledOff) listener(job);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const consumer of this.#consumers) consumer.cancel({ keepPending: true });
    await Promise.all(this.#atWork);
    this.#parts.onClose();
  }

  /** Ends with the message acknowledged or back in its queue. Never rejects. */
  async #take(
    queue: string,
    message: Message,
    handle: (delivery: Delivery) => Promise<void>,
  ): Promise<void> {
    // In a turn of its own, because a handler must not run inside the publisher's call, and many quick
    // ones must not keep the event loop from its sockets.
    await nextTurn();
    if (this.#closing.signal.aborted) return message.nack();

    const { body, replyTo, expiresAt }: QueuedMessage = message.content;
    if (expiresAt !== null && this.#parts.clock() >= expiresAt)
      return this.#parts.queues.acknowledge(queue, message);
    const envelope = this.#read(queue, body);
    if (envelope === null) return this.#parts.queues.acknowledge(queue, message);

    try {
      await handle({ envelope, replyTo, redelivered: message.fields['redelivered'] === true });
      this.#parts.queues.acknowledge(queue, message);
    } catch (error) {
      if (error instanceof Refused) {
        this.#bury(queue, body, error.message);
        return this.#parts.queues.acknowledge(queue, message);
      }
      const { redeliverMs, log } = this.#parts;
      log.warn({ err: error, queue, jobId: envelope.jobId }, 'a message will be delivered again');
      // The message counts as being at work until then, which slows a failing actor down.
      await pause(redeliverMs, this.#closing.signal);
      message.nack();
    }
  }

  #read(queue: string, body: string): Envelope | null {
    try {
      return decodeEnvelope(body);
    } catch (error) {
      if (!(error instanceof MalformedEnvelope)) throw error;
      this.#bury(queue, body, error.message);
      return null;
    }
  }

  #bury(queue: string, body: string, reason: string): void {
    this.#parts.log.error({ queue, reason }, 'a message went to the dead letters');
    this.#parts.queues.bury({ queue, body: Buffer.from(body), reason });
  }
}
