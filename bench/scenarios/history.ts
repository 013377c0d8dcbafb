import type { Bench, Scenario } from '../parts/bench.ts';
import type { Sample } from '../parts/figure.ts';
import { addHistory, updatesOfAJob } from '../parts/history.ts';
import { createJobs } from '../parts/jobs.ts';
import { ownStand, type Stand } from '../parts/stand.ts';
import { jobsPerSecond } from './durable-jobs.ts';
import { reportsPerSecond } from './http-reports.ts';
import { readsPerSecond } from './status-reads.ts';

/** The same work on a gateway with a long history and on one without, in turns. */
export const history: Scenario = {
  name: 'history',
  title: 'A long history',
  run: async (bench: Bench) => {
    await using full = await ownStand(bench.backends);
    await using empty = await ownStand(bench.backends);
    await addHistory(full.database, bench.historyJobs, bench.say);
    const millions = (count: number): string => `${count / 1_000_000} million`;
    const title =
      `${millions(bench.historyJobs)} jobs and ${millions(bench.historyJobs * updatesOfAJob)} ` +
      `updates, against none`;
    const works = [
      {
        what: 'POST /tools/call',
        unit: 'jobs/s',
        measure: (stand: Stand) => jobsPerSecond(stand, { kind: 'tool-calls' }, bench.seconds),
      },
      {
        what: 'reports by HTTP',
        unit: 'reports/s',
        measure: async (stand: Stand) =>
          reportsPerSecond(stand, await createJobs(stand, 1_000), bench.seconds),
      },
      {
        what: 'job status',
        unit: 'reads/s',
        measure: async (stand: Stand) =>
          readsPerSecond(stand, await createJobs(stand, 1_000), bench.seconds),
      },
    ];
    const figures = [];
    for (const { what, unit, measure } of works) {
      const samples: Sample[] = [];
      const others: Sample[] = [];
      for (let round = 0; round <= bench.rounds; round++) {
        const [long, none] = [await measure(full), await measure(empty)];
        bench.say(`${long.value.toFixed(0)} ${unit}, with none ${none.value.toFixed(0)}`);
        if (round === 0) continue;
        samples.push(long);
        others.push(none);
      }
      figures.push({
        what: `${what}, ${title}`,
        unit,
        better: 'more' as const,
        target: { ratio: 0.8 },
        samples,
        others,
      });
    }
    return figures;
  },
};
