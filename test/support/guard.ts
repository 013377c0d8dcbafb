import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('guard.sh', import.meta.url));

let guard: ChildProcess | null = null;

/**
 * Gives this process a directory for temporary files, which is removed when the process ends, however
 * it ends. Call it before the first child is started.
 */
export function guardTemporaryFiles(): void {
  const directory = mkdtempSync(join(tmpdir(), 'asya-test-'));
  // A server of a test may run as another account, which has to get to its files below.
  chmodSync(directory, 0o711);
  startGuard(directory);
  process.env['TMPDIR'] = directory;
}

/** Tells the guard of a process group: it kills the group when this process ends, however it ends. */
export function guardGroup(group: number): void {
  guard ??= startGuard();
  guard.stdin?.write(`begun ${group}\n`);
}

/** The group is gone, and its number may soon be somebody else's. */
export function releaseGroup(group: number): void {
  guard?.stdin?.write(`ended ${group}\n`);
}

function startGuard(...args: string[]): ChildProcess {
  // A session of its own, so that signals to this process's group do not reach it.
  guard = spawn('sh', [script, ...args], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  // It waits for this process, and this process must not wait for it.
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  // Without a guard the tests run as well; only what they leave behind would stay.
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  return guard;
}
