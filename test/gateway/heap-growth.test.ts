import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../support/heap-growth.ts', import.meta.url));

describe('invariant 9: a process holds no more after many rounds of', () => {
  test.each([
    { work: 'right answers', rounds: 20_000 },
    { work: 'wrong answers', rounds: 6_000 },
    { work: 'answers to different questions', rounds: 1_000 },
    { work: 'reloads', rounds: 60 },
  ])(
    '$work',
    async ({ work, rounds }) => {
      const args = ['--expose-gc', program, work, String(Math.ceil(rounds / 3)), String(rounds)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { before, after } = JSON.parse(stdout) as { before: number; after: number };
      expect(after / before).toBeLessThan(1.05);
    },
    300_000,
  );
});
