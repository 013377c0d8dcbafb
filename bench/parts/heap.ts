import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StandOptions } from './stand.ts';

/** Reads how much of a gateway's heap is in use after a collection. */
export class HeapProbe implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'heap');
  }

  static async create(): Promise<HeapProbe> {
    return new HeapProbe(await mkdtemp(join(tmpdir(), 'asya-bench-heap-')));
  }

  /** What the gateway is to be started with. */
  get standOptions(): StandOptions {
    const probe = fileURLToPath(new URL('heap-probe.ts', import.meta.url));
    return {
      env: { BENCH_HEAP_FILE: this.#file },
      nodeArgs: ['--expose-gc', '--import', probe],
    };
  }

  /** @returns bytes */
  async read(pid: number): Promise<number> {
    await rm(this.#file, { force: true });
    process.kill(pid, 'SIGUSR2');
    for (const deadline = performance.now() + 10_000; ; await pause(5)) {
      const text = await readFile(this.#file, 'utf8').catch(() => null);
      if (text !== null) return Number(text);
      if (performance.now() > deadline) throw new Error('the gateway does not tell of its heap');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
