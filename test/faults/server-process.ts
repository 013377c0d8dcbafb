import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { signalGroup, startChild } from '../support/child.ts';
import { patienceMs } from '../support/patience.ts';

/** A server of the tests' own, which is killed with all that it started. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = '';

  constructor(command: string, args: readonly string[], options: SpawnOptions) {
    this.#child = startChild(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-4_000);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    // A shell that was killed leaves the pipes to its children: its exit is what counts.
    this.#exit = once(this.#child, 'exit');
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
    const deadline = Date.now() + patienceMs;
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
    if (!this.running) return;
    signalGroup(this.#child, 'SIGKILL');
    await this.#exit;
  }
}
