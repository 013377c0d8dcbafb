import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import type { Cluster } from './cluster.ts';
import { judge } from './judgement.ts';
import { Load, type LoadOptions, type Tally } from './load.ts';

/** `make faults` runs the long forms. */
export const long = process.env['ASYA_FAULTS'] === 'long';

/** A value of the short form, or of the long one. */
export function scaled<T>(short: T, whole: T): T {
  return long ? whole : short;
}

/** For a test of a fault. The long forms take minutes. */
export const timeout = scaled(3, 10) * patienceMs;

/** One row of the table in docs/reliability.md. */
export interface FaultRow {
  readonly fault: string;
  readonly load: string;
  readonly accepted: number;
  /** 503s. */
  readonly refused: number;
  /** Nobody listened, or the connection broke before an answer. */
  readonly unanswered: number;
  /** Accepted, and without the right end. */
  readonly lost: number;
  /** Times that an actor began a step of a job anew. */
  readonly repeatedRuns: number;
  /** Seconds from the end of the fault until each gateway took calls again; null: it has no such end. */
  readonly recovery: number | null;
}

export interface FaultOptions {
  readonly fault: string;
  readonly cluster: Cluster;
  readonly load?: Partial<LoadOptions>;
  /** Breaks things and mends them. What it resolves with, the instant of mending, begins the recovery. */
  readonly breakThings: (load: Load) => Promise<Date | void>;
}

/** A steady load, a fault in its midst, and the judgement that nothing was lost. */
export async function runFault(options: FaultOptions): Promise<{ tally: Tally; row: FaultRow }> {
  const { fault, cluster, breakThings } = options;
  const perSecond = options.load?.perSecond ?? scaled(30, 100);
  const urls = cluster.gateways.map(({ url }) => url);
  const runsBefore = (await cluster.runs()).length;
  const since = await cluster.now();
  const load = new Load({ urls, perSecond, ...options.load });
  const begun = Date.now();
  load.start();
  let recovery: number | null = null;
  try {
    await pause(scaled(1_000, 5_000));
    const mended = await breakThings(load);
    if (mended instanceof Date) recovery = await recoveryAfter(mended, cluster, load);
    await pause(scaled(1_000, 5_000));
  } finally {
    await load.stop();
  }
  const { tally } = load;
  const seconds = Math.round((Date.now() - begun) / 1000);
  const judgement = await judge(cluster, tally, since);
  const runs = (await cluster.runs()).slice(runsBefore);
  const row: FaultRow = {
    fault,
    load: `${perSecond}/s, ${seconds} s`,
    accepted: tally.accepted.length,
    refused: tally.refused,
    unanswered: tally.unanswered.length + tally.notConnected,
    lost: judgement.lost.length + judgement.wrong.length,
    repeatedRuns: runs.length - new Set(runs).size,
    recovery,
  };
  note(row);
  expect({ ...judgement, answers: tally.wrong }).toEqual({
    lost: [],
    wrong: [],
    stuck: [],
    badHistories: [],
    leftOver: [],
    answers: [],
  });
  expect(tally.accepted.length).toBeGreaterThan(0);
  // How fast it is depends on the machine: the figure is for the table, the bound for what never comes.
  if (recovery !== null) expect(recovery).toBeLessThanOrEqual(patienceMs / 1_000);
  return { tally, row };
}

/** Seconds until every gateway is ready and takes a call. */
async function recoveryAfter(mended: Date, cluster: Cluster, load: Load): Promise<number> {
  await Promise.all(
    cluster.gateways.map(async (gateway) => {
      while ((await gateway.readiness()) !== 200) await pause(50);
    }),
  );
  for (const { url } of cluster.gateways) {
    const probe = new Load({ urls: [url], perSecond: 20 });
    probe.start();
    while (probe.tally.accepted.length === 0) await pause(20);
    await probe.stop();
    load.include(probe);
  }
  return Math.round((Date.now() - mended.getTime()) / 100) / 10;
}

/** For the script that writes the table. */
export function note(row: FaultRow): void {
  const table = process.env['ASYA_FAULTS_TABLE'];
  const file = basename(expect.getState().testPath ?? '', '.test.ts');
  const line = JSON.stringify({ file, ...row });
  if (table !== undefined) appendFileSync(table, `${line}\n`);
  console.info(line);
}
