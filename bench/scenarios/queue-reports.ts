import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import { ownStand, type Stand } from '../parts/stand.ts';
import type { Bench, Scenario } from '../parts/bench.ts';
import { withCpu, type Sample } from '../parts/figure.ts';
import { createJobs } from '../parts/jobs.ts';

const jobCount = 1_000;
const reportsOfAJob = 60;

/** Of all reports, those before the clock starts: the gateway is starting and its compiler is cold. */
const warmUp = 1 / 4;

/**
 * Reports that wait in the report queue when the gateway starts, so that sending them costs nothing
 * while it takes them.
 */
export const queueReports: Scenario = {
  name: 'queue-reports',
  title: 'Heartbeats and progress by the report queue',
  run: async (bench) => {
    await using stand = await ownStand(bench.backends);
    const samples: Sample[] = [];
    for (let round = 0; round < bench.rounds; round++) samples.push(await measure(stand, bench));
    return [
      {
        what: `over ${jobCount.toLocaleString('en')} jobs`,
        unit: 'reports/s',
        better: 'more',
        target: { value: 15_000 },
        samples,
        others: [],
      },
    ];
  },
};

async function measure(stand: Stand, { say }: Bench): Promise<Sample> {
  const jobs = await createJobs(stand, jobCount);
  await stand.stop();
  await fill(stand, jobs);
  await stand.start();
  const total = jobCount * reportsOfAJob;
  await applied(stand, jobs, total * warmUp);
  const { value, cpu } = await withCpu(stand, async () => {
    const before = await count(stand, jobs);
    const begun = performance.now();
    await applied(stand, jobs, total);
    const operations = total - before;
    return { value: (operations * 1000) / (performance.now() - begun), operations };
  });
  say(`${value.toFixed(0)} reports/s, ${JSON.stringify(cpu)}`);
  return { value, cpu };
}

/** Every other one a heartbeat, every other one progress; each with a message of its own. */
async function fill({ queues, steps, rabbitmqUrl }: Stand, jobs: readonly string[]): Promise<void> {
  const connection = new Connection(rabbitmqUrl);
  const publisher = connection.createPublisher({ confirm: true });
  const routingKey = `${queues.exchange}.reports`;
  const [step = ''] = steps;
  for (let n = 0; n < reportsOfAJob; n++) {
    const report =
      n % 2 === 0
        ? { type: 'heartbeat', actor_name: step, status: 'processing', message: `report ${n}` }
        : {
            type: 'progress',
            step,
            step_index: 0,
            total_steps: 1,
            status: 'processing',
            actor_name: step,
            message: `report ${n}`,
          };
    await Promise.all(
      jobs.map((job_id) => publisher.send({ routingKey, durable: true }, { ...report, job_id })),
    );
  }
  await publisher.close();
  await connection.close();
}

async function applied(stand: Stand, jobs: readonly string[], reports: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; await pause(20)) {
    const done = await count(stand, jobs);
    if (done >= reports) return;
    if (performance.now() > deadline) throw new Error(`${done} of ${reports} reports were applied`);
  }
}

/** Each report is an update, and a job's creation is its first. */
async function count({ database: { sql } }: Stand, jobs: readonly string[]): Promise<number> {
  const [row] = await sql<{ reports: number }[]>`
    SELECT sum(seq - 1)::int AS reports FROM jobs WHERE id = ANY(${jobs as string[]}::text[])`;
  return row?.reports ?? 0;
}
