import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { guardGroup, releaseGroup } from './guard.ts';

/**
 * Starts a process in a group of its own. What is left of the group is killed when the process ends,
 * and when the process that started it ends, however that happens.
 */
export function startChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  // It could not be started, which its `error` event tells.
  if (pid === undefined) return child;
  guardGroup(pid);
  child.once('exit', () => {
    signalGroup(child, 'SIGKILL');
    releaseGroup(pid);
  });
  return child;
}

/** Signals a process of `startChild` and all that it started. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A command ended with another code than 0, or by a signal. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly stderr: string;

  constructor(command: string, end: string, stderr: string) {
    super(`${command} ended with ${end}:\n${stderr}`);
    this.stderr = stderr;
  }
}

/**
 * Runs a command without input to its end.
 *
 * @returns what it wrote to standard output
 * @throws CommandFailed; or an error with the code ENOENT if there is no such command
 */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<string> {
  const child = startChild(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('there are pipes');
  const [output, errors, [code, signal]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) {
    throw new CommandFailed([command, ...args].join(' '), String(code ?? signal), errors);
  }
  return output;
}
