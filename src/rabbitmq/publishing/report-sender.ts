import { Refused } from '../../actor/actor-broker.ts';
import type { EpochMs } from '../../jobs/job.ts';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Report } from '../../wire/report.ts';
import { ConfirmSender, type SendOutcome } from './confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { Resending } from './resending.ts';

export interface ReportSenderOptions {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly clock: Clock;
  readonly log: Log;
  /** Once it aborts, nothing is sent again. */
  readonly closing: AbortSignal;
}

/** Sends an actor's reports to the queue that a message names as its `reply_to`. */
export class ReportSender {
  readonly #options: ReportSenderOptions;
  readonly #sender: ConfirmSender;

  constructor(options: ReportSenderOptions) {
    const { connection, log } = options;
    this.#options = options;
    this.#sender = new ConfirmSender({ connection, setUp: async () => {}, log });
  }

  /**
   * Resolves once RabbitMQ has confirmed the report. An outcome and a question are sent until then. A sign
   * of life is sent once, because it is worth nothing later, and the actor would have to wait.
   *
   * @param deadline of the job. A report whose queue is still missing then is given up. Null: never
   * @throws Refused
   * @throws BrokerUnavailable if it has to be given up
   */
  async send(replyTo: string, report: Report, deadline: EpochMs | null): Promise<void> {
    const body = Buffer.from(JSON.stringify(report));
    const send = () => this.#send(replyTo, report, body);
    const outcome = isAwaited(report)
      ? await this.#sendUntilTaken(send, replyTo, report, deadline)
      : await send();
    if (outcome === 'confirmed') return;
    if (outcome === 'returned') throw new BrokerUnavailable(noQueue(replyTo));
    throw new Refused(tooLargeText(`the report (${report.type})`, body.length));
  }

  async #sendUntilTaken(
    send: () => Promise<SendOutcome>,
    replyTo: string,
    { job_id: jobId }: Report,
    deadline: EpochMs | null,
  ): Promise<SendOutcome> {
    const { clock, log, closing } = this.#options;
    const resending = new Resending(closing);
    let said = false;
    for (;;) {
      const outcome = await resending.attempt(send);
      if (outcome === 'confirmed' || outcome === 'refused') return outcome;
      if (outcome === 'returned') {
        if (!said) log.error({ jobId }, `${noQueue(replyTo)}: is its gateway running?`);
        said = true;
        if (deadline !== null && clock() >= deadline) return outcome;
      }
      await resending.pause();
    }
  }

  #send(replyTo: string, report: Report, body: Buffer): Promise<SendOutcome> {
    return this.#sender.send({
      exchange: '',
      routingKey: replyTo,
      properties: {
        contentType: 'application/json',
        // RabbitMQ drops other messages when it restarts. Signs of life are followed by others.
        durable: isAwaited(report),
        messageId: report.job_id,
        correlationId: report.job_id,
        timestamp: Math.floor(this.#options.clock() / 1000),
        type: 'asya.report',
      },
      body,
    });
  }
}

/** Does the job depend on this report? The actor's message is acknowledged for it. */
function isAwaited({ type }: Report): boolean {
  return type === 'final' || type === 'input_required';
}

function noQueue(replyTo: string): string {
  return `no queue "${replyTo}" takes the reports`;
}

/** Why a message was refused. RabbitMQ's own words do not get here, and its size is the usual reason. */
export function tooLargeText(what: string, bytes: number): string {
  return `RabbitMQ refuses ${what} of ${bytes} bytes; it takes messages up to its max_message_size`;
}
