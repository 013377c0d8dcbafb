import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

type Environment = Readonly<Record<string, string>>;

/**
 * Runs a command; what it prints goes to the terminal, and it gets no input.
 *
 * @throws if it cannot be started, or ends with another code than 0
 */
export async function run(
  command: string,
  args: readonly string[],
  env: Environment = {},
): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with code ${code}`);
}

/** @throws like `run`, with the standard error output in the message */
export async function outputOf(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args);
  return stdout.trim();
}

export async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  return outputOf(command, ...args).then(
    () => true,
    () => false,
  );
}
