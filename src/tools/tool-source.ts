import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../lib/log.ts';
import { PeriodicLoop, type Service } from '../lib/service.ts';
import { callAfter, type StopTimer } from '../lib/timer.ts';
import { fingerprint } from './source.ts';
import type { ToolBox } from './tool.ts';
import { loadTools, ToolsFileError } from './tools-file.ts';

interface ToolSourceOptions {
  /** As for `loadTools`. */
  readonly path: string | null;
  readonly log: Log;
  /**
   * The files are compared this often where no watcher tells of a change, as on network drives.
   * Default 5,000.
   */
  readonly pollMs?: number;
}

/**
 * A change is taken once two looks this far apart agree: whoever writes a file in place empties it
 * first, and an empty file would be as good as any.
 */
const settleMs = 100;

/**
 * The tools on offer, loaded anew when their files change. Files that cannot be used leave the tools
 * as they were.
 */
export class ToolSource implements Service {
  readonly #path: string | null;
  readonly #log: Log;
  readonly #poll: PeriodicLoop;
  readonly #listeners = new Set<() => void>();
  #tools: ToolBox;
  /** Of the files as they were last looked at, whether they could be used or not. */
  #fingerprint: string;
  /** Of files that changed and may be about to change further. */
  #unsettled: string | null = null;
  #usable = true;
  #watcher: FSWatcher | null = null;
  #soon: StopTimer | null = null;

  /** @throws ToolsFileError if the files cannot be used */
  constructor({ path, log, pollMs = 5_000 }: ToolSourceOptions) {
    this.#path = path;
    this.#log = log;
    // Before they are read: a change in between is then seen by the next look.
    this.#fingerprint = fingerprint(path);
    this.#tools = loadTools(path);
    this.#poll = new PeriodicLoop({
      everyMs: pollMs,
      runOnce: async () => this.#look(),
      onError: (err) => log.error({ err }, 'the tools could not be loaded anew'),
    });
  }

  current(): ToolBox {
    return this.#tools;
  }

  /** False: the files changed and cannot be used, so the tools are those of before. */
  get usable(): boolean {
    return this.#usable;
  }

  /**
   * Calls back whenever other tools are on offer.
   *
   * @returns ends that
   */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async start(): Promise<void> {
    if (this.#path === null) return;
    this.#watch(this.#path);
    await this.#poll.start();
  }

  async stop(): Promise<void> {
    this.#watcher?.close();
    this.#soon?.();
    await this.#poll.stop();
  }

  /** Loads the files again, changed or not; all of them are taken, or none. */
  reload(): void {
    this.#fingerprint = fingerprint(this.#path);
    try {
      this.#tools = loadTools(this.#path);
      this.#usable = true;
    } catch (error) {
      this.#usable = false;
      const why =
        error instanceof ToolsFileError ? { faults: error.message.split('\n') } : { err: error };
      this.#log.error(why, 'the tools stay as they were: their files cannot be used');
      return;
    }
    this.#log.info({ tools: this.#tools.list().length }, 'tools loaded anew');
    for (const listener of this.#listeners) listener();
  }

  #look(): void {
    if (this.#soon !== null) return;
    const seen = fingerprint(this.#path);
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
    this.#log.warn({ err }, 'changes of the tools are noticed by polling alone');
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
