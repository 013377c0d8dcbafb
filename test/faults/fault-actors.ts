import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { actor } from '../../src/actor/actor.ts';

/*
 * A pipeline whose result tells whether each step worked once and in its turn. Every run is noted in
 * a file, so that runs that were repeated can be counted from outside.
 */

const runs = process.env['TEST_RUNS_FILE'] ?? '/dev/null';

const lookEveryMs = 20;

interface Work {
  n: number;
  /** How long each step takes. */
  ms: number;
  /** The step that goes on only when the file `gate` is there. */
  held?: string;
  gate?: string;
  /** Comes back, to make results of any size. */
  ballast?: string;
}

function step(name: string, calculate: (n: number) => number) {
  return actor(
    name,
    async (work: Work, { jobId, progress, signal }) => {
      appendFileSync(runs, `${jobId} ${name}\n`);
      await progress(50, `${name} of ${work.n}`);
      await pause(work.ms, undefined, { signal });
      while (work.held === name && !existsSync(work.gate ?? '')) {
        await pause(lookEveryMs, undefined, { signal });
      }
      return { ...work, n: calculate(work.n) };
    },
    { concurrency: 20, heartbeatMs: 1_000 },
  );
}

export default [
  step('double', (n) => n * 2),
  step('increment', (n) => n + 1),
  step('square', (n) => n * n),
];
