import type { CalledOffJob } from '../../jobs/ports/broker.ts';
import { encodeCalledOff } from '../../wire/called-off.ts';
import type { Log } from '../../lib/log.ts';
import { ConfirmSender } from './confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { cancelledExchange } from '../topology.ts';

export interface RabbitAnnouncerOptions {
  /** One for publishing: see RabbitConnection. */
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly log: Log;
}

/** Announces over the fanout exchange `{exchange}.cancelled`, where every actor process listens. */
export class RabbitAnnouncer {
  readonly #exchange: string;
  readonly #log: Log;
  readonly #sender: ConfirmSender;

  constructor({ connection, exchange, log }: RabbitAnnouncerOptions) {
    const declared = cancelledExchange(exchange);
    this.#exchange = declared.exchange;
    this.#log = log;
    this.#sender = new ConfirmSender({
      connection,
      setUp: (channel) => channel.exchangeDeclare(declared),
      log,
    });
  }

  calledOff(job: CalledOffJob): void {
    // Actors would hear of it too late after an outage, so nothing is kept for then.
    this.#sender.send(this.#messageOf(job)).catch((error: unknown) => {
      this.#log.debug({ err: error, jobId: job.jobId }, 'actors did not hear of an end');
    });
  }

  #messageOf(job: CalledOffJob) {
    return {
      exchange: this.#exchange,
      routingKey: '',
      properties: {
        contentType: 'application/json',
        messageId: job.jobId,
        type: 'asya.cancelled',
      },
      body: Buffer.from(encodeCalledOff(job)),
    };
  }
}
