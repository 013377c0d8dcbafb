import type { UsageListener } from '../access/usage.ts';
import { StoreUnavailable, type ChangeListener } from '../jobs/ports/job-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { PostgresChangeNotifier } from './change-notifier.ts';
import { DatabaseClock } from './database-clock.ts';
import { PostgresJobStore } from './job-store.ts';
import { Pool } from './pool.ts';
import { PostgresUsageNotifier, usageChannel } from './usage-notifier.ts';
import { prepareDatabase } from './schema.ts';
import { DatabaseUnusable } from './database-unusable.ts';
import { readTime } from './sql/read-time.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly log: Log;
  /** Told of changes by every gateway on this database. */
  readonly listener: () => ChangeListener;
  /** Told what other gateways on this database let through. Null: nobody wants to know. */
  readonly onUsage: UsageListener | null;
  /** Called if the database turns out to be unusable only after it was away at the start. */
  readonly onUnusable: (error: DatabaseUnusable) => void;
}

/** How often a database that is away is tried again. */
const retryMs = 1_000;

/** How often the database's time is looked at: clocks drift by milliseconds meanwhile. */
const lookEveryMs = 5_000;

/** A machine whose clock is further off than this is worth a warning: its actors go by it. */
const notableSkewMs = 2_000;

/** The store on PostgreSQL with all it needs: connections, the check of the schema, the listener. */
export class PostgresDatabase implements Service {
  readonly store: PostgresJobStore;
  readonly usage: PostgresUsageNotifier;
  readonly #options: DatabaseOptions;
  readonly #pool: Pool;
  readonly #notifier: PostgresChangeNotifier;
  readonly #opening: PeriodicLoop;
  readonly #time = new DatabaseClock();
  readonly #looking: PeriodicLoop;
  #checked = false;
  #listening = false;
  #fault: string | null = 'not connected to PostgreSQL yet';

  constructor(options: DatabaseOptions) {
    this.#options = options;
    const { url, maxConnections, log, onUsage } = options;
    this.#pool = new Pool({
      url,
      // One connection of the limit listens.
      maxConnections: maxConnections - 1,
      onLoss: () => {
        log.warn('a connection to PostgreSQL broke or gave no answer: connecting anew');
        // The one that listens is silent either way: whether it is dead cannot be told.
        this.#listenAgain();
      },
    });
    const usage = new PostgresUsageNotifier(this.#pool);
    this.usage = usage;
    this.#notifier = new PostgresChangeNotifier(
      this.#pool,
      () => this.#listenAgain(),
      onUsage === null ? {} : { [usageChannel]: (payload) => usage.heard(payload, onUsage) },
    );
    this.store = new PostgresJobStore(this.#pool);
    this.#opening = new PeriodicLoop({
      everyMs: retryMs,
      runOnce: () => this.#openAgain(),
      onError: (error) => log.error({ err: error }, 'PostgreSQL cannot be used; trying again'),
    });
    this.#looking = new PeriodicLoop({
      everyMs: lookEveryMs,
      runOnce: () => this.#lookAtTime(),
      // The next look is soon, and an outage is told of by the calls that wait for something.
      onError: () => {},
    });
  }

  /** The time that all gateways on this database share. */
  readonly clock: Clock = () => this.#time.now();

  /**
   * Checks the schema and begins to listen. If the server is away it goes on trying in the
   * background, and calls are StoreUnavailable meanwhile.
   *
   * @throws DatabaseUnusable
   */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#fault = error.message;
      this.#options.log.warn(`${error.message}; trying again every ${retryMs} ms`);
    }
    await this.#opening.start();
    await this.#looking.start();
  }

  async stop(): Promise<void> {
    await this.#looking.stop();
    await this.#opening.stop();
    await this.#notifier.close();
    await this.#pool.close();
  }

  async unavailable(): Promise<string | null> {
    return this.#fault ?? this.store.unavailable();
  }

  async #open(): Promise<void> {
    if (!this.#checked) await prepareDatabase(this.#pool);
    this.#checked = true;
    await this.#lookAtTime();
    await this.#listen();
    this.#fault = null;
    this.#options.log.info('connected to PostgreSQL');
  }

  async #listen(): Promise<void> {
    // Before it does: what is lost from now on is lost again.
    this.#listening = true;
    try {
      await this.#notifier.listen(this.#options.listener());
    } catch (error) {
      this.#listening = false;
      throw error;
    }
  }

  #listenAgain(): void {
    this.#listening = false;
    this.#opening.wake();
  }

  async #lookAtTime(): Promise<void> {
    const correction = await this.#time.look(() => this.#pool.run(readTime));
    if (Math.abs(correction) < notableSkewMs) return;
    const seconds = Math.round(correction / 100) / 10;
    this.#options.log.warn(`the database's clock is ${seconds} s ahead of what was taken for it`);
  }

  async #openAgain(): Promise<void> {
    if (this.#listening) return;
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof DatabaseUnusable) this.#options.onUnusable(error);
      else if (error instanceof StoreUnavailable) this.#fault = error.message;
      else throw error;
    }
  }
}
