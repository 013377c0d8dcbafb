import type { Socket } from 'node:net';
import type { Channel, Connection } from 'rabbitmq-client';
import { callEvery, type StopTimer } from '../../lib/timer.ts';

/**
 * What rabbitmq-client 5.0.8 reads its frames from, a new one for every connection, and how it knows
 * that RabbitMQ is alive.
 */
interface Reader {
  readonly _socket: Socket;
  readonly _state: { hasRead: boolean };
}

/**
 * RabbitMQ is taken for dead after two heartbeats that were not read; see `heartbeat` of
 * RabbitConnection.
 */
const aliveEveryMs = 1_000;

/**
 * Bounds the bytes of messages that were delivered over a connection and are not settled. AMQP's
 * prefetch counts messages, and RabbitMQ knows no other: a thousand of 16 MiB would fill any memory. So
 * nothing more is read from the connection while they are too many, and RabbitMQ stops sending.
 */
export class HeldBodies {
  readonly #maxBytes: number;
  #bytes = 0;
  #reader: Reader | null = null;
  /** Null: reading goes on. */
  #alive: StopTimer | null = null;

  /** @param maxBytes reading goes on below it, so that the newest message may exceed it */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** To be called after every (re)connection. */
  limit(connection: Connection): void {
    // Internals of the client: the test fails if they change.
    const reader = connection as unknown as Reader;
    this.#reader = reader;
    const { _socket: socket } = reader;
    const read = socket.read.bind(socket);
    // The client then waits for the socket to be readable.
    socket.read = (size?: number): unknown => (this.#alive === null ? read(size) : null);
  }

  /** Counts what the consumers of a channel hold. To be called before they begin. */
  countOn(channel: Channel): void {
    const held = new Map<number, number>();
    let isClosing = false;
    const settle = (tag: number | undefined): void => {
      if (tag === undefined) return;
      this.#add(-(held.get(tag) ?? 0));
      held.delete(tag);
    };
    const consume = channel.basicConsume.bind(channel);
    const ack = channel.basicAck.bind(channel);
    const nack = channel.basicNack.bind(channel);
    channel.basicConsume = (params, deliver) =>
      consume(params, (message) => {
        if (params.noAck !== true && !isClosing) {
          const { length }: Buffer = message.body;
          held.set(message.deliveryTag, length);
          this.#add(length);
        }
        deliver(message);
      });
    channel.basicAck = (params) => {
      settle(params.deliveryTag);
      ack(params);
    };
    channel.basicNack = (params) => {
      settle(params.deliveryTag);
      nack(params);
    };
    const close = channel.close.bind(channel);
    const settleAll = (): void => {
      isClosing = true;
      for (const tag of held.keys()) settle(tag);
    };
    // RabbitMQ's answer comes after all that it has sent. What is not settled is delivered again.
    channel.close = () => {
      settleAll();
      return close();
    };
    channel.once('close', settleAll);
  }

  #add(bytes: number): void {
    this.#bytes += bytes;
    const isFull = this.#bytes >= this.#maxBytes;
    if (isFull && this.#alive === null) this.#pause();
    else if (!isFull && this.#alive !== null) this.#resume(this.#alive);
  }

  /** RabbitMQ's heartbeats stay unread as well. */
  #pause(): void {
    const sayAlive = (): void => {
      if (this.#reader !== null) this.#reader._state.hasRead = true;
    };
    this.#alive = callEvery(aliveEveryMs, sayAlive);
  }

  #resume(stopSaying: StopTimer): void {
    stopSaying();
    this.#alive = null;
    this.#reader?._socket.emit('readable');
  }
}
