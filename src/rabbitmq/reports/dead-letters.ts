import { AMQPError, type AsyncMessage } from 'rabbitmq-client';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { backoffMs, pause, type BackoffOptions } from '../../lib/backoff.ts';
import type { Log } from '../../lib/log.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import { ConfirmSender } from '../publishing/confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { deadLetterForms, type DeadLetter, type DeadLetterCause } from './dead-letter.ts';
import { deadLetterQueueOf, declareQueue } from '../topology.ts';

export interface DeadLettersOptions {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly log: Log;
  /** Pauses before a letter is sent again. Default: 200 ms, doubling up to 10 s. */
  readonly retrying?: BackoffOptions;
}

/**
 * - stored: RabbitMQ has the letter
 * - too large: it will never take it as it is
 * - rejected: the queue is full, or it is missing and must not be declared
 * - away: there is no answer, because of an outage
 */
type Answer = 'stored' | 'too large' | 'rejected' | 'away';

/** How often a letter is rejected before it is given up: with the pauses, a quarter of a minute. */
const maxRejections = 7;

/** What the log shows of a message that is stored nowhere, in bytes. */
const loggedOfBody = 4_096;

/** The queue `{exchange}.dead-letters`, which keeps what cannot be used, as it came. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #queue: string;
  readonly #sender: ConfirmSender;
  #isOthers = false;

  constructor(options: DeadLettersOptions) {
    const { connection, exchange, log } = options;
    this.#options = options;
    this.#queue = deadLetterQueueOf(exchange);
    this.#sender = new ConfirmSender({ connection, setUp: () => this.#declare(), log });
  }

  /**
   * Stores a copy of a message, which may be acknowledged after that. It waits out an outage, but not
   * a RabbitMQ that goes on refusing the letter: its message is shown in the log and given up, because
   * a thousand that wait would stop all reports.
   *
   * @returns false if the signal aborted first: the message is to be delivered again
   */
  async keep(
    message: AsyncMessage,
    verdict: DeadLetterCause,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { log, retrying = { firstMs: 200, capMs: 10_000 } } = this.#options;
    log.error({ ...verdict, messageId: message.messageId }, 'a message goes to the dead letters');
    const forms = deadLetterForms(message, verdict);
    let rejections = 0;
    for (let attempt = 1; !signal.aborted; attempt++) {
      const [letter] = forms;
      if (letter === undefined || rejections >= maxRejections)
        return this.#giveUp(message, verdict);
      const answer = await untilAborted(this.#send(letter), signal);
      switch (answer) {
        case 'stored':
          if (letter.leftOut !== null)
            log.warn({ ...verdict, leftOut: letter.leftOut }, 'a dead letter is not stored whole');
          return true;
        case 'too large':
          forms.shift();
          break;
        case 'rejected':
          rejections++;
          await pause(backoffMs(attempt, retrying), signal);
          break;
        default:
          await pause(backoffMs(attempt, retrying), signal);
      }
    }
    return false;
  }

  async #send({ properties, body }: DeadLetter): Promise<Answer> {
    try {
      const letter = { exchange: '', routingKey: this.#queue, properties, body };
      switch (await this.#sender.send(letter)) {
        case 'confirmed':
          return 'stored';
        case 'refused':
          return 'too large';
        case 'returned':
          await this.#declare();
          return 'rejected';
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a dead letter could not be stored; trying again');
      return isRejection(error) ? 'rejected' : 'away';
    }
  }

  /**
   * A queue that somebody else declared is used as it is. Where it cannot be declared, whether it is
   * there shows when a letter is sent.
   */
  async #declare(): Promise<void> {
    const { connection, exchange, log } = this.#options;
    try {
      await declareQueue(connection, { queue: this.#queue, exchange, bindings: [] });
    } catch (error) {
      if (!isRefusedDeclaration(error)) throw error;
      if (this.#isOthers) return;
      this.#isOthers = true;
      const reason = error.message;
      log.warn({ queue: this.#queue, reason }, 'the queue for dead letters is used as it is');
    }
  }

  #giveUp(message: AsyncMessage, verdict: DeadLetterCause): boolean {
    const body: Buffer = message.body;
    const shown = body.toString('utf8', 0, loggedOfBody);
    const { headers, messageId } = message;
    this.#options.log.error(
      {
        ...verdict,
        messageId,
        headers: Object.keys(headers ?? {}),
        bytes: body.length,
        body: shown,
      },
      'a message that nobody can use is dropped, because RabbitMQ does not store it as a dead letter',
    );
    return true;
  }
}

/** The queue is there with other arguments, is somebody's own, or may not be declared. */
function isRefusedDeclaration(error: unknown): error is AMQPError {
  const codes = ['PRECONDITION_FAILED', 'ACCESS_REFUSED', 'RESOURCE_LOCKED'];
  return error instanceof AMQPError && codes.includes(error.code);
}

/** The queue is full, or nothing may be sent to it. */
function isRejection(error: unknown): boolean {
  const cause = error instanceof BrokerUnavailable ? error.cause : error;
  return cause instanceof AMQPError && (cause.code === 'NACK' || cause.code === 'ACCESS_REFUSED');
}
