import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startChild } from './child.ts';

const owner = fileURLToPath(new URL('guard-owner.ts', import.meta.url));

describe('what a process of the tests began ends with it', () => {
  test.each([
    ['is killed', 'SIGKILL'],
    ['is told to stop', 'SIGTERM'],
    ['is interrupted', 'SIGINT'],
    ['exits by itself', 'SIGUSR1'],
    ['fails', 'SIGUSR2'],
  ] as const)('when it %s', async (_how, signal) => {
    // Not by startChild, whose own guard would clean up as well.
    const child = spawn(process.execPath, [owner], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const directory = output.toString().trim();
    writeFileSync(join(directory, 'file'), '');
    child.kill(signal);
    // Its output ends when the last process is gone that holds it.
    await once(child, 'close');
    await expect.poll(() => existsSync(directory)).toBe(false);
  });
});

test('a child that ends takes along what it started and left behind', async () => {
  const child = startChild('sh', ['-c', 'sleep 1000 & exit 0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout?.resume();
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
});
