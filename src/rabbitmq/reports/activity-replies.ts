import type { AsyncMessage } from 'rabbitmq-client';
import { skimJson } from '../../lib/json-skim.ts';
import type { Log } from '../../lib/log.ts';
import { encodeJobActivity } from '../../wire/job-activity.ts';
import { ConfirmSender } from '../publishing/confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';

export interface ActivityRepliesParts {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  /** May an actor (still) work on this attempt at this job? Null: it does not tell its attempt. */
  readonly isActive: (jobId: string, attempt: number | null) => Promise<boolean>;
  readonly log: Log;
}

/**
 * What the `reply_to` of direct reply-to begins with. Only such messages get a reply. An actor may have copied
 * the `reply_to` of its message, which names the report queue, and a reply would be a broken report there.
 */
const directReplyTo = 'amq.rabbitmq.reply-to.';

/**
 * Replies to reports that ask whether their job is still active. Best effort, because an actor without a
 * reply goes on with its work.
 */
export class ActivityReplies {
  readonly #parts: ActivityRepliesParts;
  readonly #sender: ConfirmSender;

  constructor(parts: ActivityRepliesParts) {
    const { connection, log } = parts;
    this.#parts = parts;
    this.#sender = new ConfirmSender({ connection, setUp: async () => {}, log });
  }

  /** To be called after the commit, so that the reply says how things stand then. Never throws. */
  replyTo(report: AsyncMessage): void {
    const { replyTo } = report;
    if (replyTo?.startsWith(directReplyTo) !== true) return;
    this.#reply(report, replyTo).catch((error: unknown) => {
      this.#parts.log.debug({ err: error }, 'an actor was not told whether its job is active');
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
