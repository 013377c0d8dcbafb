import type { Bench, Scenario } from '../parts/bench.ts';
import { residentBytes } from '../parts/cpu.ts';
import type { Figure, Sample } from '../parts/figure.ts';
import { createJobs } from '../parts/jobs.ts';
import { ownStand } from '../parts/stand.ts';

const inFlight = 10_000;

/** What a gateway takes before it has done anything, and what unfinished jobs add to that. */
export const start: Scenario = {
  name: 'start',
  title: 'Start and memory',
  run: async ({ backends, rounds, say }: Bench) => {
    await using stand = await ownStand(backends);
    const startMs: Sample[] = [];
    const memory: Record<'idle' | 'once' | 'twice', Sample[]> = { idle: [], once: [], twice: [] };
    const measure = async (when: keyof typeof memory): Promise<void> => {
      const bytes = await residentBytes(stand.pid);
      if (bytes !== null) memory[when].push({ value: bytes / 1e6 });
    };
    for (let round = 0; round < rounds; round++) {
      await stand.stop();
      const begun = performance.now();
      await stand.start();
      startMs.push({ value: performance.now() - begun });
      await measure('idle');
      await createJobs(stand, inFlight);
      await measure('once');
      await createJobs(stand, inFlight);
      await measure('twice');
      say(
        `${startMs.at(-1)?.value.toFixed(0)} ms, ` +
          `${memory.idle.at(-1)?.value.toFixed(0)} MB, ` +
          `${memory.once.at(-1)?.value.toFixed(0)} MB, ${memory.twice.at(-1)?.value.toFixed(0)} MB`,
      );
    }
    const megabytes = (what: string, samples: readonly Sample[]): Figure => ({
      what,
      unit: 'MB',
      better: 'less',
      target: null,
      samples,
      others: [],
    });
    return [
      {
        what: 'start to ready',
        unit: 'ms',
        better: 'less',
        target: { value: 1_000 },
        samples: startMs,
        others: [],
      },
      megabytes('memory, idle', memory.idle),
      megabytes(`memory, ${inFlight} jobs in flight`, memory.once),
      megabytes(`memory, ${2 * inFlight} jobs in flight`, memory.twice),
    ];
  },
};
