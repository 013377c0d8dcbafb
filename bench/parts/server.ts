import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process that is measured. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Resolves with true once it can be used. Asked until then, with what it has printed so far. */
  readonly isReady: (output: string) => boolean | Promise<boolean>;
}

const startLimitMs = 20_000;
const lookEveryMs = 5;

/** @throws with its output, if it ends or is not ready in time */
export async function startServer({ command, args, env, isReady }: ServerCommand): Promise<Server> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ASYA_'));
  const child = spawn(command, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    // Its end is enough to tell why something failed.
    output = `${output}${chunk.toString()}`.slice(-100_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} cannot be started`);

  const deadline = performance.now() + startLimitMs;
  while (!(await isReady(output))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${command} ${args.join(' ')} did not get ready:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return {
    pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
