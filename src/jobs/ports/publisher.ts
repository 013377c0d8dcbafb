import type { Envelope } from '../envelope.ts';

/**
 * - confirmed: the broker has it, in a queue, on disk
 * - unroutable: no queue is bound for this step yet; try again later
 * - refused: the broker will never take this message
 */
export type PublishOutcome = 'confirmed' | 'unroutable' | 'refused';

/** The broker is away or does not take messages at the moment; the message may be sent again. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
}

/** Puts envelopes into the queues of their current step. A part of the broker's port: see Broker. */
export interface Publisher {
  /**
   * Resolves once the broker answered for this very message. A broker that cannot tell whether a queue
   * took the message (SQS and Kafka cannot) never says `unroutable`: a job without an actor then ends
   * by its deadline.
   *
   * @throws BrokerUnavailable if no answer can be had; the message may or may not have arrived.
   */
  publish(envelope: Envelope): Promise<PublishOutcome>;

  /** Null while messages can be published, else why they cannot, for `/ready`. */
  unavailable(): string | null;

  /** Calls `listener` whenever publishing becomes possible (again). */
  onAvailable(listener: () => void): void;
}
