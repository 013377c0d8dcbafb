import type { RPCClient } from 'rabbitmq-client';
import { TimeLimitExceeded, withTimeLimit } from '../../lib/time-limit.ts';
import type { Log } from '../../lib/log.ts';
import { decodeJobActivity } from '../../wire/job-activity.ts';
import type { Report } from '../../wire/report.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { messageText } from '../message-text.ts';

/** A gateway replies within milliseconds. An older one never does. */
const patienceMs = 2_000;
/** A reply that comes later than the patience still tells that there is one that replies. */
const rpcTimeoutMs = 10_000;
const closeMs = 1_000;

/**
 * Sends reports to which the gateway replies whether their job is active. The reply comes by RabbitMQ's
 * direct reply-to (https://www.rabbitmq.com/docs/direct-reply-to), which needs no queue.
 */
export class Inquiries {
  readonly #connection: RabbitConnection;
  readonly #log: Log;
  #client: RPCClient | null = null;
  /** The gateway did not reply last time. Until it does, nobody waits for it. */
  #silent = false;

  /** @param connection one for publishing: see RabbitConnection */
  constructor(connection: RabbitConnection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  /**
   * Sends a report, which may get lost, and waits for the reply. Never rejects.
   *
   * @returns whether work on the job is still of use. True if nobody replies in time
   */
  async send(replyTo: string, report: Report): Promise<boolean> {
    const asking = this.#ask(replyTo, report);
    // Here, because a reply also counts if nobody waits for it. What fails is told of below.
    asking.then(
      () => (this.#silent = false),
      () => {},
    );
    if (this.#silent) return true;
    try {
      return await withTimeLimit(asking, patienceMs);
    } catch (error) {
      this.#silent = error instanceof TimeLimitExceeded;
      const reason = this.#silent ? 'no gateway replied' : String(error);
      this.#log.debug({ jobId: report.job_id, reason }, 'it is unknown whether a job is active');
      return true;
    }
  }

  async close(): Promise<void> {
    const closing = this.#client?.close();
    if (closing !== undefined) await withTimeLimit(closing, closeMs).catch(() => {});
  }

  async #ask(replyTo: string, report: Report): Promise<boolean> {
    this.#client ??= this.#connection.createRpcClient(rpcTimeoutMs);
    const properties = {
      contentType: 'application/json',
      messageId: report.job_id,
      type: 'asya.report',
    };
    const body = Buffer.from(JSON.stringify(report));
    const reply = await this.#client.send(
      { exchange: '', routingKey: replyTo, ...properties },
      body,
    );
    return decodeJobActivity(messageText(reply)).active;
  }
}
