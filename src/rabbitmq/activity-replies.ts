import type { AsyncMessage } from 'rabbitmq-client';
import { skimJson } from '../lib/json-skim.ts';
import type { Log } from '../lib/log.ts';
import { encodeJobActivity } from '../wire/job-activity.ts';
import { ConfirmSender } from './confirm-sender.ts';
import type { RabbitConnection } from './connection.ts';

export interface ActivityRepliesParts {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  /** May an actor (still) work on this attempt at this job? Null: it does not tell its attempt. */
  readonly isActive: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly log: Log;
}

/**
 * How RabbitMQ names whoever waits for a reply without a queue. Nothing else is replied to: an actor may
 * have copied the `reply_to` of its message, and the reply would be a broken report in its queue.
 */
const directReplyTo = 'amq.rabbitmq.reply-to.';

/**
 * Tells an actor whose report asks for it whether its job is still active, as HTTP does. Best effort: an
 * actor that hears nothing goes on with its work.
 */
export class ActivityReplies {
  readonly #parts: ActivityRepliesParts;
  readonly #sender: ConfirmSender;

  constructor(parts: ActivityRepliesParts) {
    const { connection, log } = parts;
    this.#parts = parts;
    this.#sender = new ConfirmSender({ connection, setUp: async () => {}, log });
  }

  /** To be called once the report is committed, so that the reply says what became of it. Never throws. */
  replyTo(report: AsyncMessage): void {
    const { replyTo } = report;
    if (replyTo?.startsWith(directReplyTo) !== true) return;
    this.#reply(report, replyTo).catch((error: unknown) => {
      this.#parts.log.debug({ err: error }, 'an actor did not hear whether its job is active');
    });
  }

  async #reply(report: AsyncMessage, replyTo: string): Promise<void> {
    const body: Buffer = report.body;
    const { job_id: jobId, attempt } = skimJson(body)?.members ?? {};
    if (typeof jobId !== 'string') return;
    const active = await this.#parts.isActive(jobId, typeof attempt === 'number' ? attempt : null);
    await this.#sender.send({
      exchange: '',
      routingKey: replyTo,
      properties: {
        contentType: 'application/json',
        ...(report.correlationId !== undefined && { correlationId: report.correlationId }),
        messageId: jobId,
        type: 'asya.activity',
      },
      body: Buffer.from(encodeJobActivity({ jobId, active })),
    });
  }
}
