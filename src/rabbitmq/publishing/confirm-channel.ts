import type { Channel, HeaderFields } from 'rabbitmq-client';
import type { RabbitConnection } from '../connection/connection.ts';
import { onMessageHeader } from '../message-header.ts';

export interface Message {
  /** Empty: the default exchange, where the routing key is a queue's name. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: HeaderFields;
  readonly body: Buffer;
}

/** The messages under way that have the same id. RabbitMQ's return of one does not say which it was. */
interface Flight {
  count: number;
  returned: boolean;
}

/** An AMQP channel in confirm mode, which tells for each message whether a queue took it. */
export class ConfirmChannel {
  readonly #channel: Channel;
  readonly #flights = new Map<string, Flight>();

  private constructor(channel: Channel) {
    this.#channel = channel;
    // This channel receives nothing but returned messages, and each return comes before the confirm of
    // its message. The client emits its own event after the confirm; to wait for that would halve the
    // throughput.
    onMessageHeader(channel, ({ messageId }) => this.#returned(messageId));
  }

  /** @param setUp declares what the messages need */
  static async open(
    connection: RabbitConnection,
    setUp: (channel: Channel) => Promise<void>,
  ): Promise<ConfirmChannel> {
    const channel = await connection.openChannel();
    try {
      await setUp(channel);
      await channel.confirmSelect();
      return new ConfirmChannel(channel);
    } catch (error) {
      void channel.close();
      throw error;
    }
  }

  onClose(listener: () => void): void {
    this.#channel.once('close', listener);
  }

  /**
   * Resolves with the broker's answer, however long that takes. If one of several messages with the same
   * id is returned, all of them count as returned: a message may be sent twice, but must not be lost.
   *
   * @throws AMQPError on a nack, or when the channel or the connection is lost
   */
  async publish({ exchange, routingKey, properties, body }: Message): Promise<Confirmation> {
    const { messageId = '' } = properties;
    const flight = this.#flights.get(messageId) ?? { count: 0, returned: false };
    flight.count++;
    this.#flights.set(messageId, flight);
    try {
      await this.#channel.basicPublish(
        { ...properties, exchange, routingKey, mandatory: true },
        body,
      );
      return flight.returned ? 'returned' : 'confirmed';
    } finally {
      if (--flight.count === 0) this.#flights.delete(messageId);
    }
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }

  #returned(messageId = ''): void {
    const flight = this.#flights.get(messageId);
    if (flight !== undefined) flight.returned = true;
  }
}

/** Returned: no queue is bound for the routing key. */
export type Confirmation = 'confirmed' | 'returned';
