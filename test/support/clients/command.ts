import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { startChild } from '../child.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the command line in a process of its own, with neither input nor terminal. */
export class CommandProcess {
  readonly child;
  readonly result: Promise<CommandResult>;
  #stdout = '';
  #stderr = '';
  #changed = Promise.withResolvers<void>();

  /** @param url of the gateway */
  constructor(url: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
    this.child = startChild(process.execPath, [main, ...args], {
      env: { ...Object.fromEntries(inherited), ASYA_GATEWAY_URL: url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      this.#tell();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#tell();
    });
    this.result = once(this.child, 'close').then(([code]) => {
      this.#tell();
      return { code, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Resolves once standard error matches; rejects if the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null)
        throw new Error(`ended without ${pattern}:\n${this.#stderr}`);
      await this.#changed.promise;
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Runs a command to its end. */
export function runCommand(
  url: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new CommandProcess(url, args, env).result;
}
