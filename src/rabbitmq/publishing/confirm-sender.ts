import { AMQPChannelError, AMQPConnectionError, type Channel } from 'rabbitmq-client';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import { backoffMs, pause } from '../../lib/backoff.ts';
import type { Log } from '../../lib/log.ts';
import { TimeLimitExceeded, withTimeLimit } from '../../lib/time-limit.ts';
import { ConfirmChannel, type Confirmation, type Message } from './confirm-channel.ts';
import type { RabbitConnection } from '../connection/connection.ts';

/** Refused: the broker will never take this message. */
export type SendOutcome = Confirmation | 'refused';

export interface SenderOptions {
  readonly connection: RabbitConnection;
  /** Declares what the messages need; runs on every new channel. */
  readonly setUp: (channel: Channel) => Promise<void>;
  readonly log: Log;
  /** A message without an answer for this long counts as lost, a large one later. Default 4,000. */
  readonly confirmTimeoutMs?: number;
  /** Most messages without an answer; beyond it `send` rejects. Default 4,096. */
  readonly maxUnconfirmed?: number;
}

/** A message whose sender may have stopped waiting. */
interface Call {
  readonly message: Message;
  over: boolean;
}

/**
 * Pauses before a channel is opened again that the broker closed. Its reason, such as a missing
 * exchange, usually lasts.
 */
const reopening = { firstMs: 100, capMs: 5_000 };

/** How much longer the answer to a large message may take: it is sent, and written to disk. */
const msPerMebibyte = 500;

/** The longest routing key or reply queue's name, in bytes (AMQP 0-9-1 short string). */
const maxNameBytes = 255;

/** Sends messages with publisher confirms over a channel that comes back by itself. */
export class ConfirmSender {
  readonly #options: SenderOptions;
  readonly #confirmTimeoutMs: number;
  readonly #maxUnconfirmed: number;
  readonly #onAvailable: (() => void)[] = [];
  #channel: ConfirmChannel | null = null;
  #fault = 'no channel to RabbitMQ is open yet';
  #opening: Promise<void> | null = null;
  readonly #tried = Promise.withResolvers<void>();
  #unconfirmed = 0;
  #late = 0;
  #lone: Promise<unknown> = Promise.resolve();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#confirmTimeoutMs = options.confirmTimeoutMs ?? 4_000;
    this.#maxUnconfirmed = options.maxUnconfirmed ?? 4_096;
    options.connection.onConnected(() => {
      void this.#reopen();
      return this.#tried.promise;
    });
    options.connection.onUnblocked(() => this.#announce());
  }

  unavailable(): string | null {
    return this.#options.connection.fault() ?? (this.#channel === null ? this.#fault : null);
  }

  onAvailable(listener: () => void): void {
    this.#onAvailable.push(listener);
  }

  /** @throws BrokerUnavailable */
  async send(message: Message): Promise<SendOutcome> {
    const fault = this.unavailable();
    const channel = this.#channel;
    if (fault !== null || channel === null) throw new BrokerUnavailable(fault ?? this.#fault);
    if (this.#unconfirmed >= this.#maxUnconfirmed) {
      throw new BrokerUnavailable(`${this.#unconfirmed} messages wait for RabbitMQ's confirm`);
    }
    // The client would cut longer names off and send the message astray.
    if (Buffer.byteLength(message.routingKey) > maxNameBytes) return 'refused';
    const call: Call = { message, over: false };
    try {
      return await withTimeLimit(this.#answer(channel, call), this.#limitOf(message));
    } catch (error) {
      call.over = true;
      if (error instanceof TimeLimitExceeded) this.#countLate(channel);
      throw unavailable(error);
    }
  }

  async #answer(channel: ConfirmChannel, call: Call): Promise<SendOutcome> {
    this.#unconfirmed++;
    try {
      return await channel.publish(call.message);
    } catch (error) {
      if (!isChannelLoss(error)) throw error;
      return await this.#sendInTurn(call);
    } finally {
      this.#unconfirmed--;
    }
  }

  /**
   * The broker closes the channel over a message it refuses, takes the confirms of all others
   * along, and does not say whose message it was. So each of them is sent again by itself.
   */
  #sendInTurn(call: Call): Promise<SendOutcome> {
    const turn = this.#lone.then(() => this.#sendAlone(call));
    this.#lone = turn.catch(() => {});
    return turn;
  }

  async #sendAlone({ message, over }: Call): Promise<SendOutcome> {
    if (over) throw new BrokerUnavailable('RabbitMQ closed the channel');
    const { connection, setUp } = this.#options;
    const channel = await ConfirmChannel.open(connection, setUp);
    try {
      return await withTimeLimit(channel.publish(message), this.#limitOf(message));
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      throw error;
    } finally {
      void channel.close();
    }
  }

  #limitOf({ body }: Message): number {
    return this.#confirmTimeoutMs + (body.length / 1_048_576) * msPerMebibyte;
  }

  /**
   * Late messages still count as unconfirmed. If they are too many, a new channel takes over, and they
   * are given up.
   */
  #countLate(channel: ConfirmChannel): void {
    if (channel !== this.#channel || ++this.#late < this.#maxUnconfirmed / 4) return;
    void channel.close();
  }

  #reopen(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /** Tries until a channel is open or the connection is lost. The next connection calls it again. */
  async #open(): Promise<void> {
    const { connection, setUp, log } = this.#options;
    for (let attempt = 1; connection.connected && !connection.signal.aborted; attempt++) {
      try {
        const channel = await ConfirmChannel.open(connection, setUp);
        this.#use(channel);
        return;
      } catch (error) {
        const fault = `RabbitMQ opens no channel for publishing: ${String(error)}`;
        if (fault !== this.#fault && connection.connected) log.error(fault);
        this.#fault = fault;
        this.#tried.resolve();
        await pause(backoffMs(attempt, reopening), connection.signal);
      }
    }
  }

  #use(channel: ConfirmChannel): void {
    this.#channel = channel;
    this.#fault = 'RabbitMQ closed the channel for publishing';
    this.#late = 0;
    this.#tried.resolve();
    channel.onClose(() => {
      this.#channel = null;
      void this.#reopen();
    });
    this.#announce();
  }

  #announce(): void {
    if (this.unavailable() !== null) return;
    for (const listener of this.#onAvailable) listener();
  }
}

/** The broker closed the channel and not the connection, so it refused some message on it. */
function isChannelLoss(error: unknown): boolean {
  return error instanceof AMQPChannelError && !(error instanceof AMQPConnectionError);
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof AMQPChannelError &&
    (error.code === 'PRECONDITION_FAILED' || error.code === 'CODEC')
  );
}

function unavailable(error: unknown): BrokerUnavailable {
  if (error instanceof BrokerUnavailable) return error;
  return new BrokerUnavailable(error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
