import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Changes that follow each other within this time count as one, because editors save in steps. */
const quietMs = 100;

/** Calls back after files were changed, replaced, created or removed. */
export class FileWatcher {
  readonly #onChange: () => void;
  /** Folders are watched, because watching a file ends when an editor replaces it. */
  readonly #folders = new Map<string, FSWatcher>();
  readonly #names = new Map<string, Set<string>>();
  #quiet: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches a file, if it is not watched already. */
  addFile(path: string): void {
    const folder = dirname(path);
    const names = this.#names.get(folder) ?? new Set();
    this.#names.set(folder, names.add(basename(path)));
    this.#watch(folder, names);
  }

  close(): void {
    clearTimeout(this.#quiet);
    for (const watcher of this.#folders.values()) watcher.close();
  }

  #watch(folder: string, names: ReadonlySet<string>): void {
    if (this.#folders.has(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name !== null && !names.has(name)) return;
      clearTimeout(this.#quiet);
      this.#quiet = setTimeout(this.#onChange, quietMs);
    });
    // Removing a folder must not end the process.
    watcher.on('error', () => watcher.close());
    this.#folders.set(folder, watcher);
  }
}
