import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

type Environment = Readonly<Record<string, string>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A process of ours as a user runs it, and all it wrote. */
export class AsyaProcess {
  readonly child: ChildProcess;
  output = '';
  readonly #exit: Promise<Exit>;
  #changed = Promise.withResolvers<void>();

  /** @param script what Node runs; default: the command from its source */
  constructor(args: readonly string[], env: Environment, script = main) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
    this.child = startChild(process.execPath, [script, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.#signal();
    };
    this.child.stdout?.on('data', collect);
    this.child.stderr?.on('data', collect);
    this.#exit = once(this.child, 'close').then(([code, signal]) => {
      this.#signal();
      return { code, signal, output: this.output };
    });
  }

  get exited(): Promise<Exit> {
    return this.#exit;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves with the match once the output has one; rejects if the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (!this.running) throw new Error(`ended without saying ${pattern}:\n${this.output}`);
      await this.#changed.promise;
    }
  }

  /** SIGTERM, and the end. */
  async stop(): Promise<Exit> {
    this.child.kill('SIGTERM');
    return this.#exit;
  }

  /** SIGKILL: no chance to do anything more. */
  async kill(): Promise<Exit> {
    this.child.kill('SIGKILL');
    return this.#exit;
  }

  #signal(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export interface RunningGateway {
  readonly url: string;
  readonly process: AsyaProcess;
}

/** Runs `asya-gateway serve` on a free port until it listens. */
export async function startGateway(env: Environment): Promise<RunningGateway> {
  const process = new AsyaProcess(['serve', '--port', '0'], env);
  const [, url = ''] = await process.says(/"listening on (http[^"]+)"/);
  return { url, process };
}

/** Runs `asya-gateway actor` until all its actors wait for work. */
export async function startActors(
  file: string,
  env: Environment,
  only: readonly string[] = [],
): Promise<AsyaProcess> {
  const process = new AsyaProcess(
    ['actor', file, ...only.flatMap((step) => ['--only', step])],
    env,
  );
  await process.says(/actors are waiting for work/);
  return process;
}
