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

/**
 * Waits until every job has ended, unless one never does, and looks at what there is.
 *
 * @param since jobs that are older are left out: they are another run's, and were judged there
 */
export async function judge(cluster: Cluster, tally: Tally, since: Date): Promise<Judgement> {
  const sql = cluster.postgres;
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await pause(200)) {
    const open = await sql.query(
      (query) =>
        query<{ n: number }[]>`
          SELECT count(*)::int AS n FROM jobs WHERE finished_at IS NULL AND created_at >= ${since}`,
    );
    if (open[0]?.n === 0) break;
  }
  const rows = await sql.query(
    (query) =>
      query<Row[]>`SELECT id, status, reason, result FROM jobs WHERE created_at >= ${since}`,
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
    leftOver: await leftOver(cluster, since),
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

async function leftOver(cluster: Cluster, since: Date): Promise<string[]> {
  const [row] = await cluster.postgres.query(
    (sql) => sql<{ n: number }[]>`
      SELECT count(*)::int AS n FROM jobs
      WHERE dispatched_at IS NULL AND finished_at IS NULL AND created_at >= ${since}`,
  );
  const left = row?.n === 0 ? [] : [`outbox: ${row?.n}`];
  const messages = await onceEmptied(cluster);
  return [...left, ...messages.map(([queue, count]) => `${queue}: ${count}`)];
}

/** A job can end before the last copies of its messages are taken. */
async function onceEmptied(cluster: Cluster): Promise<[string, number][]> {
  const deadLetters = `${cluster.exchange}.dead-letters`;
  const queues = new Set([...cluster.queues, deadLetters]);
  for (const deadline = Date.now() + patienceMs / 4; ; await pause(200)) {
    const messages = await cluster.rabbitmq.messages();
    const left = [...messages].filter(([queue, count]) => count > 0 && queues.has(queue));
    const isFinal = left.length === 0 || left.some(([queue]) => queue === deadLetters);
    if (isFinal || Date.now() >= deadline) return left;
  }
}
