import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import { startChild } from '../../support/child.ts';

export interface ProcessOptions {
  readonly command: readonly string[];
  /** All of its environment, but for PATH: a container inherits nothing either. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
}

export interface End {
  readonly code: number | null;
  readonly output: string;
}

/** A container's command as a process of this machine. */
export class ContainerProcess {
  readonly ended: Promise<End>;
  output = '';
  readonly #child: ChildProcess;
  #changed = Promise.withResolvers<void>();
  #running = true;

  constructor({ command: [program = '', ...args], env, directory }: ProcessOptions) {
    // `node` is the one that runs the tests.
    const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
    this.#child = startChild(program, args, {
      cwd: directory,
      env: { ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        this.#signal();
      });
    }
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#running = false;
      this.#signal();
      return { code, output: this.output };
    });
  }

  /** Resolves with the match once the output has one; rejects if the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (!this.#running) throw new Error(`ended without saying ${pattern}:\n${this.output}`);
      await this.#changed.promise;
    }
  }

  /** What Kubernetes and Docker send first. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** Ends it, however it is. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #signal(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
