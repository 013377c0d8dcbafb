import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Long, because other work may keep both cores busy. */
const startLimitMs = 90_000;

/** A server of the tests' own, in a process group of its own, so that all of it can be killed. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = '';

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.#child = spawn(command, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-4_000);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    // A shell that was killed leaves the pipes to its children: its exit is what counts.
    this.#exit = once(this.#child, 'exit');
    // A run that is broken off leaves no server behind.
    const end = (): void => this.#killGroup();
    process.once('exit', end);
    this.#child.once('exit', () => process.off('exit', end));
    this.#exit.catch((error: unknown) => {
      this.#output += String(error);
    });
  }

  get running(): boolean {
    return (
      this.#child.pid !== undefined &&
      this.#child.exitCode === null &&
      this.#child.signalCode === null
    );
  }

  /** Waits until `ready` resolves. @throws with the server's last output if it ends before */
  async becomes(ready: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + startLimitMs;
    for (;;) {
      try {
        await ready();
        return;
      } catch (error) {
        if (!this.running || Date.now() > deadline) {
          throw new Error(`the server did not start:\n${this.#output}`, { cause: error });
        }
        await pause(100);
      }
    }
  }

  /** To the server alone. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return;
    this.#child.kill(signal);
    await this.#exit;
  }

  /** SIGKILL to the server and all its children. */
  async kill(): Promise<void> {
    this.#killGroup();
    if (this.running) await this.#exit;
  }

  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** The first of these files that exists; a `*` stands for one folder, the newest first. */
export function findBinary(...candidates: readonly string[]): string | null {
  for (const candidate of candidates) {
    const [before = '', after] = candidate.split('/*/');
    const found =
      after === undefined
        ? [candidate]
        : foldersOf(before).map((folder) => `${before}/${folder}/${after}`);
    const file = found.find((path) =>
      foldersOf(path.replace(/\/[^/]*$/, '')).includes(path.replace(/^.*\//, '')),
    );
    if (file !== undefined) return file;
  }
  return null;
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  } catch {
    return [];
  }
}

/** @throws with what the command printed, if it fails */
export async function output(
  command: string,
  args: readonly string[],
  options: object = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, options);
  return stdout.trim();
}
