import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { callAfter, type StopTimer } from '../lib/timer.ts';
import { fingerprint } from './source.ts';

/** Files cannot be used. The message holds every fault, one a line. */
export class FilesUnusable extends Error {}

export interface WatchedFilesOptions<T> {
  /** A file or a directory; null: there are none. */
  readonly path: string | null;
  /** @throws FilesUnusable if the files cannot be used */
  readonly load: () => T;
  /** What the files hold, for the log, such as `tools`. */
  readonly noun: string;
  readonly log: Log;
  /**
   * The files are compared this often where no watcher tells of a change, as on network drives.
   * Default 5,000.
   */
  readonly pollMs?: number | undefined;
}

/**
 * A change is taken once two looks this far apart agree: whoever writes a file in place empties it
 * first, and an empty file would be as good as any.
 */
const settleMs = 100;

/**
 * What files hold, loaded anew when they change. Files that cannot be used, or are gone, leave
 * everything as it was.
 */
export class WatchedFiles<T> implements Service {
  readonly #options: WatchedFilesOptions<T>;
  readonly #poll: PeriodicLoop;
  readonly #listeners = new Set<() => void>();
  #held: T;
  /** Of the files as they were last looked at, whether they could be used or not. */
  #fingerprint: string;
  /** Of files that changed and may be about to change further. */
  #unsettled: string | null = null;
  #usable = true;
  #watcher: FSWatcher | null = null;
  #soon: StopTimer | null = null;

  /** @throws FilesUnusable if the files cannot be used */
  constructor(options: WatchedFilesOptions<T>) {
    const { path, load, noun, log, pollMs = 5_000 } = options;
    this.#options = options;
    // Before they are read: a change in between is then seen by the next look.
    this.#fingerprint = fingerprint(path);
    this.#held = load();
    this.#poll = new PeriodicLoop({
      everyMs: pollMs,
      runOnce: async () => this.#look(),
      onError: (err) => log.error({ err }, `the ${noun} could not be loaded anew`),
    });
  }

  current(): T {
    return this.#held;
  }

  /** False: the files changed and cannot be used, so what is held is that of before. */
  get usable(): boolean {
    return this.#usable;
  }

  /**
   * Calls back whenever the files were loaded anew.
   *
   * @returns ends that
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    const { path } = this.#options;
    if (path === null) return;
    this.#watch(path);
    await this.#poll.start();
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    this.#soon?.();
    await this.#poll.stop();
  }

  /** Loads the files again, changed or not; all of them are taken, or none. */
  reload(): void {
    const { path, load, noun, log } = this.#options;
    this.#fingerprint = fingerprint(path);
    try {
      this.#held = load();
      this.#usable = true;
    } catch (error) {
      this.#usable = false;
      const why =
        error instanceof FilesUnusable ? { faults: error.message.split('\n') } : { err: error };
      log.error(why, `the ${noun} stay as they were: their files cannot be used`);
      return;
    }
    for (const listener of this.#listeners) listener();
  }

  #look(): void {
    if (this.#soon !== null) return;
    const seen = fingerprint(this.#options.path);
    const settled = seen === this.#fingerprint || seen === this.#unsettled;
    this.#unsettled = settled ? null : seen;
    if (!settled) this.#lookSoon();
    else if (seen !== this.#fingerprint) this.reload();
  }

  /** Directories only: a watcher of a file loses sight of it when another is renamed over it. */
  #watch(path: string): void {
    try {
      const directory = statSync(path).isDirectory() ? path : dirname(path);
      this.#watcher = watch(directory, () => this.#lookSoon());
      this.#watcher.on('error', (err) => this.#pollAlone(err));
    } catch (err) {
      this.#pollAlone(err);
    }
  }

  #pollAlone(err: unknown): void {
    const { noun, log } = this.#options;
    log.warn({ err }, `changes of the ${noun} are noticed by polling alone`);
    this.#watcher?.close();
  }

  /** Not begun again by further events, so that a busy directory cannot put the look off for ever. */
  #lookSoon(): void {
    this.#soon ??= callAfter(settleMs, () => {
      this.#soon = null;
      this.#poll.wake();
    });
  }
}
