import type { Socket } from 'node:net';
import { userInfo } from 'node:os';
import postgres from 'postgres';
import { TimeLimitExceeded } from '../../lib/time-limit.ts';
import { callAfter, type StopTimer } from '../../lib/timer.ts';
import { databaseNameOf, type DatabaseTarget } from '../database-url.ts';
import type { Address } from './address.ts';
import { arrayTypes } from './array-types.ts';
import { passwordFromFile } from './password-file.ts';
import { asOptions, type SessionSettings } from './session-settings.ts';

const types = {
  ...arrayTypes,
  /** Instants go as text, see `instant`. An error here would leave a message half written. */
  timestamptz: { to: 1184, from: [1184], serialize: String, parse: String },
  /** Instants come as milliseconds, see `epochMs`. */
  bigint: { to: 20, from: [20], serialize: String, parse: Number },
};

interface Types extends Record<string, unknown> {
  timestamptz: string;
  bigint: number;
  textArray: string[];
  bigintArray: number[];
}

/** Statements on one connection. Those that are sent without a wait between them leave together. */
export type Sql = postgres.Sql<Types>;

/** Lets the server take so many milliseconds more than usual for what is sent from now on. */
export type Allow = (ms: number) => void;

/** Statements that belong together. */
export type ConnectionWork<T> = (sql: Sql, allow: Allow) => Promise<T>;

export interface ConnectionOptions {
  readonly target: DatabaseTarget;
  readonly settings: SessionSettings;
  readonly onNotify?: (payload: string, channel: string) => void;
  /** Called once, when the connection ends, unless it was closed here. */
  readonly onLost?: () => void;
}

/** Its code is that of a statement that writes there. */
class ReadOnlyServer extends Error {
  override readonly name = 'ReadOnlyServer';
  readonly code = '25006';
}

/** How long a large statement may take to leave, before the time for its answer begins. */
const sendLimitMs = 60_000;

/** How long the server may take to hear that a session ends. */
const farewellMs = 1_000;

/**
 * Makes the first message of a connection longer than 1 KiB, which the driver sends at once. It
 * collects shorter ones until the end of the event loop's turn, and where a connection breaks before,
 * it never sends what it collected.
 */
const longStart = ' '.repeat(1_024);

/**
 * One connection to one server. The driver (3.4.9) is not trusted with one that broke: it keeps the
 * statement that was under way, takes the server's next refusal for that one's, and connects again
 * without a pause or an answer to whoever waits. So it gets one socket, once, and is given up with it.
 */
export class Connection {
  readonly address: Address;
  readonly settings: SessionSettings;
  readonly #sql: Sql;
  readonly #socket: Socket;
  #onLost: () => void = () => {};
  #isLost = false;
  #rejectRun: (error: Error) => void = () => {};

  /** Logs in over a socket that was just opened. @throws what the server says against it */
  static async open(
    socket: Socket,
    address: Address,
    options: ConnectionOptions,
  ): Promise<Connection> {
    const connection = new Connection(socket, address, options);
    try {
      const [row] = await connection.#sql`SELECT pg_catalog.pg_is_in_recovery() AS standby`;
      if (row?.['standby'] === true) throw new ReadOnlyServer('is a standby, and takes no writes');
      connection.#onLost = options.onLost ?? (() => {});
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  private constructor(socket: Socket, address: Address, options: ConnectionOptions) {
    this.address = address;
    this.settings = options.settings;
    this.#socket = socket;
    this.#sql = driver(socket, address, options, () => this.#lose());
  }

  /** Has the connection ended, whoever ended it? */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Runs statements; nobody else may use the connection meanwhile.
   *
   * @param limitMs how long to wait once the server has them; beyond it the connection is dead
   * @throws TimeLimitExceeded
   */
  run<T>(work: ConnectionWork<T>, limitMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let stopTimer: StopTimer;
      let sendUntil = performance.now() + sendLimitMs;
      const wait = (ms: number): void => {
        stopTimer = callAfter(ms, () => {
          const isSent = this.#socket.writableLength === 0;
          if (!isSent && performance.now() < sendUntil) wait(ms);
          else reject(new TimeLimitExceeded(`no answer within ${ms} ms`));
        });
      };
      wait(limitMs);
      const allow: Allow = (ms) => {
        stopTimer();
        sendUntil += ms;
        wait(limitMs + ms);
      };
      // The driver does not tell a statement of every loss.
      this.#rejectRun = reject;
      work(this.#sql, allow)
        .then(resolve, reject)
        .finally(() => {
          stopTimer();
          this.#rejectRun = () => {};
        });
    });
  }

  /** Says farewell to the server, which undoes what was not committed. */
  close(): void {
    this.#end();
    this.#socket.once(
      'close',
      callAfter(farewellMs, () => this.#socket.destroy()),
    );
  }

  /** Ends the connection without a word: it is dead, or was never quite alive. */
  destroy(): void {
    this.#socket.destroy();
    this.#end();
  }

  #end(): void {
    this.#isLost = true;
    // The driver would look for another socket, for what is sent from now on.
    void this.#sql.end({ timeout: 0 });
    this.#rejectRun(lost());
  }

  #lose(): void {
    if (this.#isLost) return;
    this.#end();
    this.#onLost();
  }
}

function driver(
  socket: Socket,
  { host }: Address,
  { target, settings, onNotify }: ConnectionOptions,
  onClose: () => void,
): Sql {
  const user = target.user ?? userInfo().username;
  const database = databaseNameOf(target);
  const { password, passwordFile } = target;
  const fromFile = async (): Promise<string> =>
    passwordFile === null
      ? ''
      : ((await passwordFromFile(passwordFile, { host, database, user })) ?? '');
  let isTaken = false;
  const options: DriverOptions = {
    // All that the driver would take from the environment is here: it was read with the URL.
    host: [host.name],
    port: [host.port],
    user,
    database,
    pass: () => password ?? fromFile(),
    socket: () => {
      if (isTaken || socket.destroyed) throw lost();
      isTaken = true;
      return socket;
    },
    ssl: false,
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: target.connectLimitMs / 1_000,
    // Its checks know nothing of roles; see `servers.ts`. This one checks nothing.
    target_session_attrs: 'read-write',
    keep_alive: target.keepAliveMs === null ? null : target.keepAliveMs / 1_000,
    backoff: () => 0,
    max_pipeline: 100,
    prepare: true,
    debug: false,
    publications: '',
    sslnegotiation: null,
    types,
    fetch_types: false,
    // Not postgres.camel, which would rename the keys inside payloads and results too.
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    onnotify: (channel: string, payload: string) => onNotify?.(payload, channel),
    onclose: onClose,
    connection: {
      application_name: target.applicationName,
      options: asOptions(target.options, settings) + longStart,
    },
  };
  return postgres(options as object as postgres.Options<typeof types>);
}

/** The driver's options, with those that its types do not know. */
type DriverOptions = Omit<postgres.Options<typeof types>, 'host' | 'port'> & {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly pass: () => string | Promise<string>;
  readonly socket: () => Socket;
  readonly max_pipeline: number;
  readonly sslnegotiation: null;
  readonly onnotify: (channel: string, payload: string) => void;
};

function lost(): Error {
  return Object.assign(new Error('the connection was lost'), { code: 'CONNECTION_CLOSED' });
}
