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
    let made = 0;
    const idle: Sample[] = [];
    for (const jobs of inFlight) {
      if (jobs > made) await createJobs(stand, jobs - made);
      made = jobs;
      const resident = await residentBytes(stand.pid);
      if (resident === null) break;
      const inUse = { value: (await probe.read(stand.pid)) / 1e6 };
      const what = `with ${jobs.toLocaleString('en')} jobs in flight`;
      const megabytes = `${(resident / 1e6).toFixed(0)} MB, ${inUse.value.toFixed(0)} MB in use`;
      say(`${what}: ${megabytes}`);
      figures.push(
        memoryFigure(`memory ${what}`, { value: resident / 1e6 }, []),
        memoryFigure(`heap in use ${what}`, inUse, idle),
      );
      if (jobs === 0) idle.push(inUse);
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

/** @param idle of a gateway that did nothing yet: it is to stay so, but for what has been compiled since */
function memoryFigure(what: string, sample: Sample, idle: readonly Sample[]): Figure {
  return {
    what,
    unit: 'MB',
    better: 'less',
    target: idle.length === 0 ? null : { ratio: 0.8 },
    samples: [sample],
    others: [...idle],
  };
}
