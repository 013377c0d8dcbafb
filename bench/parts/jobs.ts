import { setTimeout as pause } from 'node:timers/promises';
import type { HttpLoad, HttpLoadResult } from '../load/http.ts';
import type { Traffic } from '../load/traffic.ts';
import { httpWorker } from '../load/workers.ts';
import { connections } from './bench.ts';
import type { Stand } from './stand.ts';

/** Sends requests from a process of their own, and checks every answer. */
export function loadHttp(
  { origin }: Stand,
  load: Pick<HttpLoad, 'traffic'> & Partial<HttpLoad>,
): Promise<HttpLoadResult> {
  return httpWorker.run({
    origin,
    connections,
    seconds: null,
    requests: null,
    perSecond: null,
    ...load,
  });
}

/** Creates jobs, waits until they are in their queue, and empties it. */
export async function createJobs(stand: Stand, count: number): Promise<readonly string[]> {
  await stand.queues.purge();
  const traffic: Traffic = { kind: 'tool-calls' };
  const { jobs } = await loadHttp(stand, { traffic, requests: count });
  await allDurable(stand, jobs.length);
  await stand.queues.purge();
  return jobs;
}

/**
 * Waits until as many jobs are in their queue and, where a gateway notes that down, confirmed.
 * Nobody consumes the queue, and it was empty before.
 */
export async function allDurable(stand: Stand, jobs: number): Promise<void> {
  const [queue = ''] = stand.steps;
  for (const deadline = performance.now() + 60_000; ; await pause(10)) {
    const queued = await stand.queues.depth(queue);
    if (queued === jobs && (await undispatched(stand)) === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`only ${queued} of ${jobs} jobs of the ${stand.name} got into the queue`);
    }
  }
}

/** The peer has no outbox, and asks for no confirms. */
async function undispatched({ name, database: { sql } }: Stand): Promise<number> {
  if (name === 'peer') return 0;
  const [row] = await sql<{ jobs: number }[]>`
    SELECT count(*)::int AS jobs FROM jobs WHERE dispatched_at IS NULL AND finished_at IS NULL`;
  return row?.jobs ?? 0;
}

/** How many of these jobs PostgreSQL has. */
export async function storedJobs(
  { database: { sql } }: Stand,
  ids: readonly string[],
): Promise<number> {
  const [row] = await sql<{ jobs: number }[]>`
    SELECT count(*)::int AS jobs FROM jobs WHERE id = ANY(${ids as string[]}::text[])`;
  return row?.jobs ?? 0;
}
