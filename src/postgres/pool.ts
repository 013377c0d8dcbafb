import { TimeLimitExceeded } from '../lib/time-limit.ts';
import { parseDatabaseUrl, type DatabaseTarget } from './database-url.ts';
import type { Connection, ConnectionWork } from './connection/connection.ts';
import { Connections, type ConnectionsOptions } from './connection/connections.ts';
import { explained, unavailable } from './connection/outage.ts';
import { NotConnected, Servers } from './connection/servers.ts';
import { sessionSettings, type SessionSettings } from './connection/session-settings.ts';

export interface PoolOptions {
  readonly url: string;
  /** At least 2; some of them are for transactions alone, and for statements that may take long. */
  readonly maxConnections: number;
  /**
   * How long a call waits for a connection, and then for its answer: beyond that the connection is
   * given up. Default 8,000: longer than the server lets a statement run, so only a dead connection
   * takes as long.
   */
  readonly timeLimitMs?: number;
  /** Called when connections were lost. */
  readonly onLoss?: () => void;
}

interface ListenOptions {
  readonly onNotify: (payload: string, channel: string) => void;
  readonly onLoss: () => void;
}

/** Batches of events come one at a time, and large ones beside them. */
const maxTransactions = 2;

/** Statements that may take long wait for each other, and for nothing else. */
const maxLong = 2;

/**
 * The connections of a gateway, apart by what they are for: what takes long leaves the others free.
 * One that broke is given up alone.
 */
export class Pool {
  readonly #servers: Servers;
  readonly #groups: Readonly<Record<'short' | 'long' | 'transactions', Connections>>;
  readonly #limitMs: number;
  readonly #onLoss: () => void;
  #settings: SessionSettings = sessionSettings;
  #isLossKnown = false;

  constructor({ url, maxConnections, timeLimitMs = 8_000, onLoss }: PoolOptions) {
    this.#servers = new Servers(parseDatabaseUrl(url));
    this.#limitMs = timeLimitMs;
    this.#onLoss = onLoss ?? (() => {});
    const connect: ConnectionsOptions['connect'] = (onLost) => this.#connect(onLost);
    const isCurrent = ({ settings }: Connection): boolean => settings === this.#settings;
    const shared = { connect, isCurrent, limitMs: timeLimitMs };
    const forTransactions = Math.min(maxTransactions, Math.floor(maxConnections / 2));
    const rest = maxConnections - forTransactions;
    const forLong = Math.min(maxLong, Math.floor(rest / 2));
    const short = new Connections({ ...shared, max: rest - forLong, outliveErrors: true });
    this.#groups = {
      short,
      // With one connection there is no other to be left free.
      long:
        forLong === 0 ? short : new Connections({ ...shared, max: forLong, outliveErrors: true }),
      transactions: new Connections({ ...shared, max: forTransactions, outliveErrors: false }),
    };
  }

  get target(): DatabaseTarget {
    return this.#servers.target;
  }

  /** Runs a statement that takes milliseconds, however many rows there are. @throws StoreUnavailable */
  run<T>(work: ConnectionWork<T>): Promise<T> {
    return this.#use(this.#groups.short, work);
  }

  /** Runs a statement that may take long. @throws StoreUnavailable in an outage */
  runLong<T>(work: ConnectionWork<T>): Promise<T> {
    return this.#use(this.#groups.long, work);
  }

  /** Runs one transaction. @throws StoreUnavailable in an outage */
  transact<T>(work: ConnectionWork<T>): Promise<T> {
    return this.#use(this.#groups.transactions, work);
  }

  /**
   * Opens a connection beside the others that hears what is sent to channels.
   *
   * @param options `onLoss` is called when it ends, unless it was closed here
   * @throws StoreUnavailable in an outage
   */
  async listen(
    channels: readonly string[],
    { onNotify, onLoss }: ListenOptions,
  ): Promise<Connection> {
    const settings = this.#settings;
    let connection: Connection | null = null;
    try {
      connection = await this.#servers.connect({ settings, onNotify, onLost: onLoss });
      for (const channel of channels) {
        await connection.run((sql) => sql`LISTEN ${sql(channel)}`, this.#limitMs);
      }
      return connection;
    } catch (error) {
      connection?.close();
      throw this.#explained(error);
    }
  }

  /** Statements from now on run in sessions with these settings: those that stand are closed. */
  useSettings(settings: SessionSettings): void {
    this.#settings = settings;
    this.#closeIdle();
  }

  /** @param graceMs how long calls under way may go on */
  async close(graceMs = 2_000): Promise<void> {
    await Promise.all(Object.values(this.#groups).map((group) => group.close(graceMs)));
  }

  async #use<T>(group: Connections, work: ConnectionWork<T>): Promise<T> {
    try {
      return await group.use(work);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): unknown {
    if (error instanceof NotConnected) return unavailable(error);
    if (!(error instanceof TimeLimitExceeded)) return explained(error);
    // The network swallowed one; what nobody uses may be as dead, and would be found out one by one.
    this.#closeIdle();
    this.#tellLoss();
    return unavailable(error);
  }

  async #connect(onLost: () => void): Promise<Connection> {
    const connection = await this.#servers.connect({
      settings: this.#settings,
      onLost: () => {
        onLost();
        this.#tellLoss();
      },
    });
    this.#isLossKnown = false;
    return connection;
  }

  #closeIdle(): void {
    for (const group of Object.values(this.#groups)) group.closeIdle();
  }

  /** Once, until there is a connection again: a server that goes takes all of them along. */
  #tellLoss(): void {
    if (this.#isLossKnown) return;
    this.#isLossKnown = true;
    this.#onLoss();
  }
}
