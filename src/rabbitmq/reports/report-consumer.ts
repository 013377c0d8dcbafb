import type { AsyncMessage } from 'rabbitmq-client';
import type { ReportListener } from '../../jobs/ports/broker.ts';
import type { Log } from '../../lib/log.ts';
import type { Service } from '../../lib/service.ts';
import type { ReportIntake, ReportSource } from '../../wire/report-intake.ts';
import type { ActivityReplies } from './activity-replies.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { PutBack } from '../publishing/put-back.ts';
import { QueueConsumer } from '../queue-consumer.ts';
import type { Settlement } from '../queue-subscription.ts';

/** What all consumers of reports share. */
export interface ReportConsumerParts {
  /** One for consuming: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly intake: ReportIntake;
  readonly deadLetters: DeadLetters;
  /** Tells actors that ask whether their job is active. Absent: they are not told. */
  readonly replies?: ActivityReplies | undefined;
  readonly putBack: PutBack;
  readonly onReport?: ReportListener | undefined;
  readonly log: Log;
  /** How often to look for queues that were created or deleted meanwhile. Default 10,000. */
  readonly lookEveryMs?: number;
}

/** Bounds memory, and is many times what one commit takes in. */
const prefetch = 1_000;

/** Brings the reports of one queue to the intake; acknowledges them after the commit. */
export class ReportConsumer implements Service {
  readonly #parts: ReportConsumerParts;
  readonly #source: ReportSource;
  readonly #consumer: QueueConsumer;
  readonly #stopping = new AbortController();

  /** @param bindings routing keys to bind the queue with, if it has to be declared */
  constructor(parts: ReportConsumerParts, source: ReportSource, bindings: readonly string[]) {
    const { connection, exchange, putBack, log, lookEveryMs } = parts;
    this.#parts = parts;
    this.#source = source;
    this.#consumer = new QueueConsumer({
      connection,
      exchange,
      queues: [source.queue],
      bindings,
      prefetch,
      putBack,
      log,
      ...(lookEveryMs !== undefined && { lookEveryMs }),
      handle: (message) => this.#handle(message),
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

  async #handle(message: AsyncMessage): Promise<Settlement> {
    const { intake, deadLetters, replies, onReport } = this.#parts;
    const { signal } = this.#stopping;
    const { queue } = this.#source;
    const body: Buffer = message.body;
    const verdict = await intake.take(body, this.#source, signal);
    switch (verdict.kind) {
      case 'returned':
        return 'requeue';
      case 'unusable':
        if (!(await deadLetters.keep(message, { queue, reason: verdict.reason }, signal))) {
          return 'requeue';
        }
        onReport?.(queue, 'dead-lettered');
        return 'acknowledge';
      case 'applied':
      case 'refused':
        replies?.replyTo(message);
        onReport?.(queue, verdict.kind);
        return 'acknowledge';
    }
  }
}
