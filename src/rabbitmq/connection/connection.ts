import type { Channel, Consumer, ConsumerHandler, ConsumerProps, RPCClient } from 'rabbitmq-client';
import { BrokerUnavailable } from '../../jobs/ports/publisher.ts';
import type { Log } from '../../lib/log.ts';
import type { Service } from '../../lib/service.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import { parseAmqpUrl } from './amqp-url.ts';
import { ClientConnection } from './client-connection.ts';
import { gatherWrites } from './gathered-writes.ts';

export interface AmqpConnectionOptions {
  readonly url: string;
  /** Shown in RabbitMQ's list of connections and in the log. */
  readonly name: string;
  readonly log: Log;
  /** Most bytes of messages that are delivered and not settled; see HeldBodies. Default: no limit. */
  readonly maxHeldBytes?: number;
}

/** How long `start` waits for the first connection. After that it is tried in the background. */
const firstConnectionMs = 5_000;
/** Closing takes milliseconds, unless the broker is blocked or gone: then it never answers. */
const closeMs = 1_000;

/**
 * A connection to RabbitMQ that reconnects by itself.
 *
 * Publishing and consuming need a connection each. Under a memory alarm RabbitMQ stops reading from
 * connections that publish, so acknowledgements on the same connection would be stuck.
 */
export class RabbitConnection implements Service {
  readonly #options: AmqpConnectionOptions;
  readonly #stopping = new AbortController();
  readonly #channels = new Set<Channel>();
  readonly #onConnected: (() => Promise<void> | void)[] = [];
  readonly #onUnblocked: (() => void)[] = [];
  #amqp: ClientConnection | null = null;
  #fault: string | null = 'not connected to RabbitMQ yet';
  #connected = false;
  #stopped: Promise<void> | null = null;

  constructor(options: AmqpConnectionOptions) {
    this.#options = options;
  }

  /** Aborts when the connection is closed for good. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Why nothing can be published. Null: it can. */
  fault(): string | null {
    return this.#fault;
  }

  /** The listener is called after every connect. `start` waits for what its first call returns. */
  onConnected(listener: () => Promise<void> | void): void {
    this.#onConnected.push(listener);
  }

  onUnblocked(listener: () => void): void {
    this.#onUnblocked.push(listener);
  }

  /** Resolves once it is connected, or after a failed attempt. Then it goes on in the background. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#amqp = this.#connect(first.resolve);
    await withTimeLimit(first.promise, firstConnectionMs).catch(() => {});
  }

  /** @throws BrokerUnavailable */
  async openChannel(): Promise<Channel> {
    if (this.#amqp === null || !this.#connected) throw new BrokerUnavailable(this.#why());
    const channel = await this.#amqp.acquire({ emitErrorsFromChannel: true });
    this.#channels.add(channel);
    channel.once('close', () => this.#channels.delete(channel));
    channel.on('error', (error: Error) => {
      this.#options.log.warn({ reason: error.message }, 'RabbitMQ closed a channel');
    });
    return channel;
  }

  /** A consumer that survives reconnects. @throws BrokerUnavailable before `start` */
  createConsumer(props: ConsumerProps, handler: ConsumerHandler): Consumer {
    if (this.#amqp === null) throw new BrokerUnavailable(this.#why());
    return this.#amqp.createConsumer(props, handler);
  }

  /**
   * A client that sends messages and waits for the reply to each. To be closed before the connection.
   *
   * @param timeout in milliseconds
   *
   * @throws BrokerUnavailable before `start`
   */
  createRpcClient(timeout: number): RPCClient {
    if (this.#amqp === null) throw new BrokerUnavailable(this.#why());
    return this.#amqp.createRPCClient({ timeout });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  #connect(attempted: () => void): ClientConnection {
    const { url, name, log, maxHeldBytes } = this.#options;
    const options = {
      connectionName: name,
      frameMax: 131_072,
      heartbeat: 10,
      ...parseAmqpUrl(url),
      noDelay: true,
      retryLow: 200,
      retryHigh: 2_000,
      // How long a consumer waits for a connection before it pauses. Closing it waits as long.
      acquireTimeout: 1_000,
    };
    const amqp = new ClientConnection(options, maxHeldBytes);
    amqp.on('connection', () => {
      this.#connected = true;
      this.#fault = null;
      gatherWrites(amqp);
      log.info(`${name}: connected to RabbitMQ`);
      const ready = this.#onConnected.map(async (listener) => listener());
      void Promise.allSettled(ready).then(attempted);
    });
    amqp.on('error', (error: Error) => {
      this.#connected = false;
      this.#fault = `not connected to RabbitMQ: ${reasonOf(error)}`;
      if (!this.signal.aborted) log.warn(`${name}: ${this.#fault}`);
      attempted();
    });
    amqp.on('connection.blocked', (reason: string) => {
      this.#fault = `RabbitMQ takes no messages: ${reason}`;
      log.warn(`${name}: ${this.#fault}`);
    });
    amqp.on('connection.unblocked', () => {
      this.#fault = null;
      log.info(`${name}: RabbitMQ takes messages again`);
      for (const listener of this.#onUnblocked) listener();
    });
    return amqp;
  }

  #why(): string {
    return this.#fault ?? 'not connected to RabbitMQ';
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    const amqp = this.#amqp;
    if (amqp === null) return;
    const closing = [...[...this.#channels].map((channel) => channel.close()), amqp.close()];
    await withTimeLimit(Promise.allSettled(closing), closeMs).catch(() => amqp.unsafeDestroy());
    this.#connected = false;
    this.#fault = 'the connection to RabbitMQ is closed';
  }
}

/** The client's text begins with an AMQP method, or with `undefined` where there is none. */
function reasonOf(error: Error): string {
  const reason = error.message.replace(/^undefined: /, '');
  if (reason.includes('ACCESS_REFUSED')) return `${reason} (check ASYA_RABBITMQ_URL)`;
  if ('code' in error && unknownIssuer.has(error.code)) {
    return `${reason} (name the authority in ASYA_RABBITMQ_URL: ?cacertfile=/path/to/ca.pem)`;
  }
  return reason;
}

/** OpenSSL's names for a certificate whose issuer is not trusted. */
const unknownIssuer: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
