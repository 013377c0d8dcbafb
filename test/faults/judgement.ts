import { setTimeout as pause } from 'node:timers/promises';
import type postgres from 'postgres';
import { patienceMs } from '../support/patience.ts';
import type { Cluster } from './cluster.ts';
import type { Tally } from './load.ts';
import { rightResult } from './pipeline.ts';

/** What is wrong in the end, judged from rows, queues and results. Everything should be empty. */
export interface Judgement {
  /** Accepted ids without a row, or whose job never ended. */
  readonly lost: readonly string[];
  /** Ended otherwise than they should, or with a wrong result. */
  readonly wrong: readonly string[];
  /** Jobs that nobody was told of and that never ended. */
  readonly stuck: readonly string[];
  /** Histories with a gap, a second end, or progress that decreases. */
  readonly badHistories: readonly string[];
  /** Jobs in the outbox and messages in queues. */
  readonly leftOver: readonly string[];
}

interface Row {
  id: string;
  status: string;
  reason: string | null;
  result: { n?: number } | null;
}

/** Waits until every job has ended, unless one never does, and looks at what there is. */
export async function judge(cluster: Cluster, tally: Tally): Promise<Judgement> {
  const sql = cluster.postgres;
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(200)) {
    const open = await sql.query(
      (query) =>
        query<{ n: number }[]>`SELECT count(*)::int AS n FROM jobs WHERE finished_at IS NULL`,
    );
    if (open[0]?.n === 0) break;
  }
  const rows = await sql.query(
    (query) => query<Row[]>`SELECT id, status, reason, result FROM jobs`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const accepted = new Set(tally.accepted.map(({ id }) => id));
  const unfinished = rows.filter(({ status }) => status === 'Pending' || status === 'Running');
  return {
    lost: [
      ...tally.accepted.filter(({ id }) => !byId.has(id)).map(({ id }) => `${id}: no row`),
      ...unfinished
        .filter(({ id }) => accepted.has(id))
        .map(({ id, status }) => `${id}: ${status}`),
    ],
    wrong: tally.accepted.flatMap(({ id, n }) => {
      const row = byId.get(id);
      if (row === undefined || unfinished.includes(row)) return [];
      const right = row.status === 'Succeeded' && row.result?.n === rightResult(n);
      return right ? [] : [`${id}: ${row.status} ${row.reason} ${JSON.stringify(row.result)}`];
    }),
    stuck: unfinished
      .filter(({ id }) => !accepted.has(id))
      .map(({ id, status }) => `${id}: ${status}`),
    badHistories: await sql.query(badHistories),
    leftOver: await leftOver(cluster),
  };
}

async function badHistories(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT id
    FROM jobs
    JOIN LATERAL (
      SELECT
        count(*) AS updates,
        max(seq) AS newest,
        count(*) FILTER (WHERE status IN ('Succeeded', 'Failed', 'Cancelled')) AS ends,
        bool_or(progress_percent < earlier) AS decreases
      FROM (
        SELECT *, lag(progress_percent) OVER (ORDER BY seq) AS earlier
        FROM job_updates
        WHERE job_id = jobs.id
      ) AS updates
    ) AS history ON true
    WHERE updates <> jobs.seq OR newest <> jobs.seq OR decreases
      OR ends <> (finished_at IS NOT NULL)::int`;
  return rows.map(({ id }) => id);
}

async function leftOver(cluster: Cluster): Promise<string[]> {
  const [row] = await cluster.postgres.query(
    (sql) => sql<{ n: number }[]>`
      SELECT count(*)::int AS n FROM jobs WHERE dispatched_at IS NULL AND finished_at IS NULL`,
  );
  const left = row?.n === 0 ? [] : [`outbox: ${row?.n}`];
  for (const queue of [...cluster.queues, `${cluster.exchange}.dead-letters`]) {
    const depth = await emptied(cluster, queue);
    if (depth > 0) left.push(`${queue}: ${depth}`);
  }
  return left;
}

/** A job can end before the last copies of its messages are taken. */
async function emptied(cluster: Cluster, queue: string): Promise<number> {
  let depth: number | null = null;
  for (const deadline = Date.now() + patienceMs / 4; Date.now() < deadline; await pause(200)) {
    depth = await cluster.rabbitmq.depth(queue);
    if (depth === null || depth === 0 || queue.endsWith('dead-letters')) break;
  }
  return depth ?? 0;
}
