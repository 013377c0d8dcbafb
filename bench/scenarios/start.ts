import type { Bench, Scenario } from '../parts/bench.ts';
import { residentBytes } from '../parts/cpu.ts';
import type { Figure, Sample } from '../parts/figure.ts';
import { createJobs } from '../parts/jobs.ts';
import { ownStand } from '../parts/stand.ts';

/** How many unfinished jobs there are when memory is looked at; 0: none yet. */
const inFlight = [0, 10_000, 50_000, 90_000];

/** What a gateway takes before it has done anything, and what unfinished jobs add to that. */
export const start: Scenario = {
  name: 'start',
  title: 'Start and memory',
  run: async ({ backends, rounds, say }: Bench) => {
    await using stand = await ownStand(backends);
    const startMs: Sample[] = [];
    for (let round = 0; round < rounds; round++) {
      await stand.stop();
      const begun = performance.now();
      await stand.start();
      startMs.push({ value: performance.now() - begun });
    }
    const figures: Figure[] = [
      {
        what: 'start to ready',
        unit: 'ms',
        better: 'less',
        target: { value: 1_000 },
        samples: startMs,
        others: [],
      },
    ];
    let jobs = 0;
    for (const wanted of inFlight) {
      if (wanted > jobs) await createJobs(stand, wanted - jobs);
      jobs = wanted;
      const bytes = await residentBytes(stand.pid);
      if (bytes === null) break;
      say(`${jobs} jobs in flight: ${(bytes / 1e6).toFixed(0)} MB`);
      figures.push({
        what: `memory with ${jobs.toLocaleString('en')} jobs in flight`,
        unit: 'MB',
        better: 'less',
        target: null,
        samples: [{ value: bytes / 1e6 }],
        others: [],
      });
    }
    return figures;
  },
};
