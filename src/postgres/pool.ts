import { TimeLimitExceeded, withTimeLimit } from '../lib/time-limit.ts';
import { connect, type ConnectOptions, type Sql } from './connection.ts';
import { explained, isLostConnection, unavailable } from './outage.ts';

export interface PoolOptions extends ConnectOptions {
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
  #sql: Sql;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sql = connect(options);
  }

  /** What the driver made of the URL. */
  get options(): Sql['options'] {
    return this.#sql.options;
  }

  /** @throws StoreUnavailable in an outage */
  async run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const sql = this.#sql;
    try {
      return await withTimeLimit(work(sql), this.#options.timeLimitMs ?? 8_000);
    } catch (error) {
      if (error instanceof TimeLimitExceeded) {
        this.#replace(sql, 0);
        throw unavailable(error);
      }
      if (isLostConnection(error)) this.#replace(sql, graceSeconds);
      throw explained(error);
    }
  }

  close(): Promise<void> {
    return this.#sql.end({ timeout: 2 });
  }

  /** @param timeout how long calls under way on the connections may go on, in seconds */
  #replace(sql: Sql, timeout: number): void {
    if (this.#sql !== sql) return;
    this.#sql = connect(this.#options);
    void sql.end({ timeout });
    this.#options.onReplace?.();
  }
}
