import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { outputOf } from '../support/child.ts';
import { patienceMs } from '../support/patience.ts';

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
      const output = await outputOf(process.execPath, args);
      const { before, after } = JSON.parse(output) as { before: number; after: number };
      expect(after / before).toBeLessThan(1.05);
    },
    3 * patienceMs,
  );
});
