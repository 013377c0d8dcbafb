import { TimeLimitExceeded, withTimeLimit } from '../lib/time-limit.ts';
import { connect, type ConnectOptions, type Sql } from './connection.ts';
import { explained, unavailable } from './outage.ts';

export interface PoolOptions extends ConnectOptions {
  /**
   * A call that has no answer after this long is given up, and its connections with it. Default
   * 8,000: longer than the server lets a statement run, so only a dead connection takes as long.
   */
  readonly timeLimitMs?: number;
  /** Called when connections were given up. */
  readonly onDiscard?: () => void;
}

/**
 * Connections that are not trusted for ever: one whose other end vanished without a word would keep
 * its callers waiting for as long as TCP does, many minutes, while the server is long back.
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
      if (!(error instanceof TimeLimitExceeded)) throw explained(error);
      this.#discard(sql);
      throw unavailable(error);
    }
  }

  close(): Promise<void> {
    return this.#sql.end({ timeout: 2 });
  }

  #discard(sql: Sql): void {
    if (this.#sql !== sql) return;
    this.#sql = connect(this.#options);
    void sql.end({ timeout: 0 });
    this.#options.onDiscard?.();
  }
}
