import type { Envelope } from '../../jobs/envelope.ts';
import { encodeEnvelope } from '../../wire/envelope-codec.ts';
import type { EpochMs } from '../../jobs/job.ts';
import type { PublishOutcome } from '../../jobs/ports/publisher.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Channel } from 'rabbitmq-client';
import { ConfirmSender } from './confirm-sender.ts';
import type { RabbitConnection } from '../connection/connection.ts';
import { declareExchange } from '../topology.ts';

export interface EnvelopeSenderOptions {
  readonly connection: RabbitConnection;
  readonly exchange: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The longest time to live of a message: RabbitMQ counts it in 32 bits. A message with a later deadline
 * does not expire.
 */
const maxExpirationMs = 2 ** 32 - 1;

/** Puts envelopes into the queue of their current step, for gateways and actors alike. */
export class EnvelopeSender {
  readonly #exchange: string;
  readonly #clock: Clock;
  readonly #sender: ConfirmSender;

  constructor({ connection, exchange, clock, log }: EnvelopeSenderOptions) {
    this.#exchange = exchange;
    this.#clock = clock;
    const setUp = (channel: Channel) => declareExchange(channel, exchange);
    this.#sender = new ConfirmSender({ connection, setUp, log });
  }

  unavailable(): string | null {
    return this.#sender.unavailable();
  }

  onAvailable(listener: () => void): void {
    this.#sender.onAvailable(listener);
  }

  /**
   * @param replyTo the queue that wants reports
   * @throws BrokerUnavailable
   */
  async send(envelope: Envelope, replyTo: string | null): Promise<PublishOutcome> {
    const step = envelope.steps[envelope.current];
    if (step === undefined) return 'refused';
    const body = Buffer.from(encodeEnvelope(envelope));
    const properties = this.#propertiesOf(envelope, replyTo);
    // A queue of a second-generation actor may be bound with its prefixed name only.
    for (const routingKey of [step, `asya-${step}`]) {
      const message = { exchange: this.#exchange, routingKey, properties, body };
      const outcome = await this.#sender.send(message);
      if (outcome !== 'returned') return outcome;
    }
    return 'unroutable';
  }

  #propertiesOf({ jobId, deadline }: Envelope, replyTo: string | null) {
    const now = this.#clock();
    return {
      contentType: 'application/json',
      durable: true,
      messageId: jobId,
      correlationId: jobId,
      timestamp: Math.floor(now / 1000),
      type: 'asya.envelope',
      ...(replyTo !== null && { replyTo }),
      ...expirationAt(deadline, now),
    };
  }
}

/** At least 1 ms: with 0 RabbitMQ drops the message unless a consumer waits for it. */
function expirationAt(deadline: EpochMs | null, now: EpochMs): { expiration?: string } {
  if (deadline === null || deadline - now > maxExpirationMs) return {};
  return { expiration: String(Math.max(1, Math.ceil(deadline - now))) };
}
