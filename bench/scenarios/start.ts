import type { Bench, Scenario } from '../parts/bench.ts';
import { residentBytes } from '../parts/cpu.ts';
import type { Figure, Sample } from '../parts/figure.ts';
import { HeapProbe } from '../parts/heap.ts';
import { createJobs } from '../parts/jobs.ts';
import { ownStand, type Backends } from '../parts/stand.ts';

/** How many unfinished jobs there are when memory is looked at; 0: none yet. */
const inFlight = [0, 10_000, 50_000, 90_000];

/** What a gateway takes before it has done anything, and what unfinished jobs add to that. */
export const start: Scenario = {
  name: 'start',
  title: 'Start and memory',
  run: async ({ backends, rounds, say }: Bench) => {
    const figures = [await startFigure(backends, rounds)];
    await using probe = await HeapProbe.create();
    await using stand = await ownStand(backends, probe.standOptions);
    let jobs = 0;
    let idle: readonly Sample[] = [];
    for (const wanted of inFlight) {
      if (wanted > jobs) await createJobs(stand, wanted - jobs);
      jobs = wanted;
      const resident = await residentBytes(stand.pid);
      if (resident === null) break;
      const samples = [{ value: (await probe.read(stand.pid)) / 1e6 }];
      const what = `with ${jobs.toLocaleString('en')} jobs in flight`;
      say(`${what}: ${(resident / 1e6).toFixed(0)} MB, of which ${samples[0]?.value} MB in use`);
      const more = { unit: 'MB', better: 'less' } as const;
      figures.push(
        {
          what: `memory ${what}`,
          ...more,
          target: null,
          samples: [{ value: resident / 1e6 }],
          others: [],
        },
        {
          what: `heap in use ${what}`,
          ...more,
          // Flat, but for what has been compiled since.
          target: idle.length === 0 ? null : { ratio: 0.8 },
          samples,
          others: idle,
        },
      );
      if (wanted === 0) idle = samples;
    }
    return figures;
  },
};

async function startFigure(backends: Backends, rounds: number): Promise<Figure> {
  await using stand = await ownStand(backends);
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    await stand.stop();
    const begun = performance.now();
    await stand.start();
    samples.push({ value: performance.now() - begun });
  }
  return {
    what: 'start to ready',
    unit: 'ms',
    better: 'less',
    target: { value: 1_000 },
    samples,
    others: [],
  };
}
