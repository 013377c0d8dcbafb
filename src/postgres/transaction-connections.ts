import { withTimeLimit } from '../lib/time-limit.ts';
import { connect, type ConnectOptions, type Sql, type Transaction } from './connection.ts';

/**
 * Connections for transactions, each used by one at a time. A transaction that fails takes its
 * connection along, and the server rolls back.
 *
 * The driver's `begin` waits for BEGIN and COMMIT by themselves. Its `reserve` (3.4.9) never hands out
 * a connection that it has to open for it where it learns no types. So each of these is a driver's
 * pool of one, which a statement opens, and then reserved for good.
 */
export class TransactionConnections {
  readonly #options: ConnectOptions;
  readonly #lanes = new Set<Lane>();
  readonly #idle: Lane[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #emptied = Promise.withResolvers<void>();
  /** Those that are just being opened included. */
  #count = 0;
  #closed = false;

  /** Connections are opened as they are needed. */
  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  async use<T>(work: (connection: Transaction) => Promise<T>): Promise<T> {
    const lane = await this.#take();
    let isClean = false;
    try {
      const result = await lane.run(work);
      isClean = true;
      return result;
    } finally {
      if (isClean && !this.#closed) this.#idle.push(lane);
      else this.#discard(lane);
      this.#waiting.shift()?.();
    }
  }

  /** @param graceSeconds how long transactions under way may go on */
  async close(graceSeconds: number): Promise<void> {
    this.#closed = true;
    for (const lane of this.#idle.splice(0)) this.#discard(lane);
    for (const wake of this.#waiting.splice(0)) wake();
    if (this.#count > 0) {
      await withTimeLimit(this.#emptied.promise, graceSeconds * 1_000).catch(() => {});
    }
    for (const lane of this.#lanes) lane.close();
  }

  async #take(): Promise<Lane> {
    for (;;) {
      if (this.#closed) throw coded('CONNECTION_ENDED', 'the connections are replaced');
      const lane = this.#idle.pop();
      if (lane?.isLost === false) return lane;
      if (lane !== undefined) this.#discard(lane);
      else if (this.#count < this.#options.maxConnections) return this.#open();
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #open(): Promise<Lane> {
    const lane = new Lane(this.#options);
    this.#count++;
    this.#lanes.add(lane);
    try {
      await lane.open();
      return lane;
    } catch (error) {
      this.#discard(lane);
      this.#waiting.shift()?.();
      throw error;
    }
  }

  #discard(lane: Lane): void {
    lane.close();
    this.#lanes.delete(lane);
    this.#count--;
    if (this.#closed && this.#count === 0) this.#emptied.resolve();
  }
}

class Lane {
  readonly #sql: Sql;
  #connection: Transaction | null = null;
  #onLost: (error: Error) => void = () => {};
  #isLost = false;

  constructor(options: ConnectOptions) {
    const onClose = (): void => {
      this.#isLost = true;
      this.#onLost(coded('CONNECTION_CLOSED', 'the connection was lost'));
    };
    this.#sql = connect({ ...options, maxConnections: 1, onClose });
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async open(): Promise<void> {
    await this.#sql`SELECT`;
    this.#connection = await this.#sql.reserve();
  }

  /** The driver does not tell a statement of every loss. */
  run<T>(work: (connection: Transaction) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === null) throw new Error('not open');
    return new Promise((resolve, reject) => {
      this.#onLost = reject;
      work(connection).then(resolve, reject);
    });
  }

  close(): void {
    void this.#sql.end({ timeout: 0 });
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
