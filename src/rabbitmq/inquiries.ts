import type { RPCClient } from 'rabbitmq-client';
import { TimeLimitExceeded, withTimeLimit } from '../lib/time-limit.ts';
import type { Log } from '../lib/log.ts';
import { decodeJobActivity } from '../wire/job-activity.ts';
import type { Report } from '../wire/report.ts';
import type { RabbitConnection } from './connection.ts';
import { messageText } from './message-text.ts';

/** A gateway that is there says its word within milliseconds; an older one never does. */
const patienceMs = 2_000;
const closeMs = 1_000;

/**
 * Sends reports that ask for the gateway's word on their job. The word comes by RabbitMQ's direct
 * reply-to (https://www.rabbitmq.com/docs/direct-reply-to), for which no queue is declared.
 */
export class Inquiries {
  readonly #connection: RabbitConnection;
  readonly #log: Log;
  #client: RPCClient | null = null;

  /** @param connection one for publishing: see RabbitConnection */
  constructor(connection: RabbitConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  /**
   * Sends a report, which may get lost, and waits for the word.
   *
   * @returns whether work on the job is still of use; true if nobody says anything in time
   */
  async send(replyTo: string, report: Report): Promise<boolean> {
    try {
      return await withTimeLimit(this.#ask(replyTo, report), patienceMs);
    } catch (error) {
      const silent = error instanceof TimeLimitExceeded;
      const reason = silent ? 'no gateway answered' : String(error);
      this.#log.debug({ jobId: report.job_id, reason }, 'nothing is known about a job');
      return true;
    }
  }

  async close(): Promise<void> {
    const closing = this.#client?.close();
    if (closing !== undefined) await withTimeLimit(closing, closeMs).catch(() => {});
  }

  async #ask(replyTo: string, report: Report): Promise<boolean> {
    this.#client ??= this.#connection.createRpcClient(patienceMs);
    const properties = {
      contentType: 'application/json',
      messageId: report.job_id,
      type: 'asya.report',
    };
    const body = Buffer.from(JSON.stringify(report));
    const word = await this.#client.send(
      { exchange: '', routingKey: replyTo, ...properties },
      body,
    );
    return decodeJobActivity(messageText(word)).active;
  }
}
