import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster, unavailable } from './cluster.ts';
import { note } from './fault-run.ts';
import { judge } from './judgement.ts';
import { Load, type Tally } from './load.ts';
import { rightResult } from './pipeline.ts';

const seconds = Number(process.env['ASYA_SOAK_SECONDS'] ?? 600);
const perSecond = Number(process.env['ASYA_SOAK_RATE'] ?? 200);

/** Old jobs go while new ones come: all the ones that ended are looked at before that. */
const retentionSeconds = 60;

/** A fault begins this long after the one before it ended. */
const betweenFaultsMs = 10_000;

/** `make soak`: a load for a long time, one fault after another, retention at work. */
describe.runIf(process.env['ASYA_FAULTS'] === 'soak' && unavailable === null)('soak', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.create();
    await cluster.start({ env: () => ({ ASYA_JOB_RETENTION: String(retentionSeconds) }) });
  }, 120_000);
  afterAll(() => cluster.remove());

  test(
    'invariants 1 to 10: nothing is lost, and memory stays flat',
    async () => {
      const urls = cluster.gateways.map(({ url }) => url);
      const since = await cluster.now();
      const load = new Load({ urls, perSecond, arguments: { ms: 5 } });
      const end = Date.now() + seconds * 1_000;
      const over = () => Date.now() >= end;
      load.start();
      const [memory, checked, faults] = await Promise.all([
        watchMemory(over),
        checkResults(load.tally, over),
        breakThings(over),
      ]);
      await load.stop();
      const judgement = await judge(cluster, load.tally, since);
      const accepted = checked.right + load.tally.accepted.length;
      const lost = checked.wrong.length + judgement.lost.length + judgement.wrong.length;
      const kept = await cluster.postgres.query(
        (sql) => sql<{ n: number }[]>`SELECT count(*)::int AS n FROM jobs`,
      );
      console.info({ ...memory, kept: kept[0]?.n, faults, ratePerSecond: accepted / seconds });
      note({
        fault: `soak: ${faults} faults one after another; memory of a gateway ${memory.early} MiB, then ${memory.late} MiB`,
        load: `${perSecond}/s, ${seconds} s`,
        accepted,
        refused: load.tally.refused,
        unanswered: load.tally.unanswered.length + load.tally.notConnected,
        lost,
        repeatedRuns: await repeatedRuns(),
        recovery: null,
      });
      expect(checked.wrong).toEqual([]);
      expect({ ...judgement, answers: load.tally.wrong }).toEqual({
        lost: [],
        wrong: [],
        stuck: [],
        badHistories: [],
        leftOver: [],
        answers: [],
      });
      expect(memory.late).toBeLessThan(memory.early * 1.25 + 20);
      // Jobs of the retention, and of what its rounds have not come to yet.
      expect(kept[0]?.n).toBeLessThan(perSecond * (retentionSeconds + 120));
    },
    (seconds + 300) * 1_000,
  );

  async function repeatedRuns(): Promise<number> {
    const runs = await cluster.runs();
    return runs.length - new Set(runs).size;
  }

  /** Of the gateway that no fault kills: its medians, in MiB, of the second quarter and of the last. */
  async function watchMemory(over: () => boolean): Promise<{ early: number; late: number }> {
    const samples: number[] = [];
    while (!over()) {
      samples.push((await cluster.gateways[0]?.memory()) ?? NaN);
      await pause(1_000);
    }
    const quarter = Math.floor(samples.length / 4);
    return {
      early: median(samples.slice(quarter, 2 * quarter)),
      late: median(samples.slice(3 * quarter)),
    };
  }

  /** Looks at jobs some time after their acceptance, and takes what is right out of the tally. */
  async function checkResults(
    tally: Tally,
    over: () => boolean,
  ): Promise<{ right: number; wrong: string[] }> {
    let right = 0;
    const wrong: string[] = [];
    while (!over()) {
      await pause(2_000);
      const due = tally.accepted.filter(({ at }) => at < Date.now() - 20_000);
      const rows = await cluster.postgres
        .query(
          (sql) => sql<{ id: string; result: { n: number } | null }[]>`
            SELECT id, result FROM jobs
            WHERE id = ANY(${due.map(({ id }) => id)}) AND finished_at IS NOT NULL`,
        )
        // A fault; they are looked at again.
        .catch(() => []);
      const results = new Map(rows.map(({ id, result }) => [id, result?.n]));
      for (const { id, n } of due) {
        if (!results.has(id)) continue;
        if (results.get(id) === rightResult(n)) right++;
        else wrong.push(`${id}: ${results.get(id)}`);
      }
      const left = tally.accepted.filter(({ id }) => !results.has(id));
      tally.accepted.splice(0, tally.accepted.length, ...left);
    }
    return { right, wrong };
  }

  async function breakThings(over: () => boolean): Promise<number> {
    const { postgres, rabbitmq } = cluster;
    const faults = [
      () => restart(cluster.gateways[1]),
      () => restart(cluster.actors[0]),
      () => postgres.terminateSessions(),
      () => rabbitmq.closeConnections(),
      async () => {
        await postgres.stop();
        await pause(5_000);
        await postgres.start();
      },
      async () => {
        await rabbitmq.blockPublishers();
        await pause(5_000);
        await rabbitmq.unblockPublishers();
      },
      () => restart(cluster.actors[1]),
      async () => {
        await rabbitmq.stop();
        await pause(2_000);
        await rabbitmq.start();
      },
    ];
    let count = 0;
    for (; !over(); count++) {
      await pause(betweenFaultsMs);
      if (!over()) await faults[count % faults.length]?.();
    }
    return count;
  }

  async function restart(member: Cluster['actors'][number] | undefined): Promise<void> {
    await member?.kill();
    await pause(500);
    await member?.start();
  }
});

function median(samples: readonly number[]): number {
  return Math.round(samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? NaN);
}
