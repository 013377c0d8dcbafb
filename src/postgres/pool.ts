import { TimeLimitExceeded, withTimeLimit } from '../lib/time-limit.ts';
import { connect, type ConnectOptions, type Sql, type Transaction } from './connection.ts';
import { explained, isLostConnection, unavailable } from './outage.ts';
import { TransactionConnections } from './transaction-connections.ts';

export interface PoolOptions {
  readonly url: string;
  /** At least 2; some of them are for transactions alone. */
  readonly maxConnections: number;
  /**
   * A call that has no answer after this long is given up, and its connections with it. Default
   * 8,000: longer than the server lets a statement run, so only a dead connection takes as long.
   */
  readonly timeLimitMs?: number;
  /** Called when the connections were given up for new ones. */
  readonly onReplace?: () => void;
}

/** As long as a call may take. */
const graceSeconds = 8;

/** Batches of events come one at a time; the second is for whoever else has one. */
const maxTransactions = 2;

interface Connections {
  readonly sql: Sql;
  readonly transactions: TransactionConnections;
}

/**
 * Connections that are not trusted for ever: one whose other end vanished without a word would keep
 * its callers waiting for as long as TCP does, many minutes, while the server is long back.
 *
 * Nor is the driver trusted with one that broke: it keeps the statement that was under way, takes
 * the server's next refusal for that one's, and connects again without a pause or an answer to
 * whoever waits. So all of them are replaced, and calls under way on the others end in peace.
 */
export class Pool {
  readonly #options: PoolOptions;
  #connections: Connections;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#connections = connectAll(options);
  }

  /** What the driver made of the URL. */
  get options(): Sql['options'] {
    return this.#connections.sql.options;
  }

  /** Runs statements, each by itself. @throws StoreUnavailable in an outage */
  run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#call(({ sql }) => work(sql));
  }

  /** Runs one transaction. @throws StoreUnavailable in an outage */
  transact<T>(work: (connection: Transaction) => Promise<T>): Promise<T> {
    return this.#call(({ transactions }) => transactions.use(work));
  }

  async close(): Promise<void> {
    await closeAll(this.#connections, 2);
  }

  async #call<T>(work: (connections: Connections) => Promise<T>): Promise<T> {
    const connections = this.#connections;
    try {
      return await withTimeLimit(work(connections), this.#options.timeLimitMs ?? 8_000);
    } catch (error) {
      if (error instanceof TimeLimitExceeded) {
        this.#replace(connections, 0);
        throw unavailable(error);
      }
      if (isLostConnection(error)) this.#replace(connections, graceSeconds);
      throw explained(error);
    }
  }

  /** @param grace how long calls under way on the connections may go on, in seconds */
  #replace(connections: Connections, grace: number): void {
    if (this.#connections !== connections) return;
    this.#connections = connectAll(this.#options);
    void closeAll(connections, grace);
    this.#options.onReplace?.();
  }
}

function connectAll({ url, maxConnections }: ConnectOptions): Connections {
  const forTransactions = Math.min(maxTransactions, Math.floor(maxConnections / 2));
  return {
    sql: connect({ url, maxConnections: maxConnections - forTransactions }),
    transactions: new TransactionConnections({ url, maxConnections: forTransactions }),
  };
}

async function closeAll({ sql, transactions }: Connections, grace: number): Promise<void> {
  await Promise.all([sql.end({ timeout: grace }), transactions.close(grace)]);
}
