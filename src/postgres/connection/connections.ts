import { TimeLimitExceeded, withTimeLimit } from '../../lib/time-limit.ts';
import type { Connection, ConnectionWork } from './connection.ts';
import { codeOf } from './outage.ts';

export interface ConnectionsOptions {
  /** Most that are open at a time; they are opened as they are needed. */
  readonly max: number;
  readonly connect: (onLost: () => void) => Promise<Connection>;
  /** How long a caller waits for a connection, and then for an answer once the server was asked. */
  readonly limitMs: number;
  /** May a connection be used again as it is? Settings may have changed meanwhile. */
  readonly isCurrent?: (connection: Connection) => boolean;
  /** Can a connection be used again after the server refused a statement? Not in a transaction. */
  readonly outliveErrors: boolean;
}

interface Waiting {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Connections of which each is used by one caller at a time. What one caller asks for keeps only its
 * own connection busy: the driver's pool would send the next caller's statement behind it.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #waiting: Waiting[] = [];
  #opening = 0;
  #closed = false;
  #onQuiet: () => void = () => {};

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** @throws TimeLimitExceeded, whatever `work` throws, and what stands against a connection */
  async use<T>(work: ConnectionWork<T>): Promise<T> {
    const connection = await this.#take();
    try {
      return await connection.run(work, this.#options.limitMs);
    } catch (error) {
      if (error instanceof TimeLimitExceeded) connection.destroy();
      else if (!this.#options.outliveErrors || !isByItself(error)) connection.close();
      throw error;
    } finally {
      this.#busy.delete(connection);
      this.#offer(connection);
      this.#supply();
      if (this.#busy.size === 0) this.#onQuiet();
    }
  }

  /** Closes those that nobody uses: they may be dead, and others are opened when they are needed. */
  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** @param graceMs how long calls under way may go on */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.closeIdle();
    for (const { reject } of this.#waiting.splice(0)) reject(ended());
    if (this.#busy.size > 0) {
      const quiet = new Promise<void>((resolve) => (this.#onQuiet = resolve));
      await withTimeLimit(quiet, graceMs).catch(() => {});
    }
    for (const connection of this.#busy) connection.destroy();
  }

  async #take(): Promise<Connection> {
    if (this.#closed) throw ended();
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#busy.add(idle);
      return idle;
    }
    const waiting = Promise.withResolvers<Connection>();
    this.#waiting.push(waiting);
    this.#supply();
    try {
      return await withTimeLimit(waiting.promise, this.#options.limitMs);
    } catch (error) {
      const at = this.#waiting.indexOf(waiting);
      if (at === -1) throw error;
      this.#waiting.splice(at, 1);
      throw error instanceof TimeLimitExceeded ? this.#waitedInVain(error) : error;
    }
  }

  /** Gives a connection, if it still is one, to whoever waits longest for one. */
  #offer(connection: Connection): void {
    if (connection.isLost) return;
    if (this.#closed || this.#options.isCurrent?.(connection) === false) return connection.close();
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else {
      this.#busy.add(connection);
      next.resolve(connection);
    }
  }

  /** Opens connections for those who wait, as far as there may be more. */
  #supply(): void {
    const count = (): number => this.#idle.length + this.#busy.size + this.#opening;
    while (this.#opening < this.#waiting.length && count() < this.#options.max) void this.#open();
  }

  async #open(): Promise<void> {
    this.#opening++;
    try {
      const connection = await this.#options.connect(() => this.#forget(connection));
      this.#opening--;
      this.#offer(connection);
      this.#supply();
    } catch (error) {
      this.#opening--;
      // Those that stand will do, though it takes longer.
      if (this.#busy.size > 0 || this.#opening > 0) return;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }

  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  #waitedInVain(cause: TimeLimitExceeded): Error {
    const { limitMs } = this.#options;
    const count = this.#busy.size;
    return count === 0
      ? coded('CONNECT_TIMEOUT', `no connection within ${limitMs} ms`, cause)
      : coded('CONNECTIONS_BUSY', `${count} connections were busy for ${limitMs} ms`, cause);
  }
}

/**
 * An error of the statement alone, after which the server waits for the next one: not one of the
 * driver's, which may have left half a message behind, and not the read-only state of a standby.
 */
function isByItself(error: unknown): boolean {
  const isServers = error instanceof Error && 'severity' in error && error.severity === 'ERROR';
  return isServers && codeOf(error) !== '25006';
}

function ended(): Error {
  return coded('CONNECTION_ENDED', 'the connections are closed');
}

function coded(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}
