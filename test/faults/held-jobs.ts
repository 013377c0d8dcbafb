import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import type { Cluster } from './cluster.ts';
import type { Load } from './load.ts';

/** Jobs that a step works on until they are let go. */
export interface HeldJobs {
  readonly ids: readonly string[];
  letGo(): Promise<void>;
}

/** Calls a tool until so many jobs are at work at a step that does not end them. */
export async function holdJobs(
  cluster: Cluster,
  load: Load,
  step: string,
  count: number,
): Promise<HeldJobs> {
  const gate = cluster.newGate();
  const calls = Array.from({ length: count }, () => load.callOnce({ held: step, gate }));
  const ids = (await Promise.all(calls)).toSorted();
  const begun = async (): Promise<string[]> => {
    const runs = new Set(await cluster.runs());
    return ids.filter((id) => runs.has(`${id} ${step}`));
  };
  await expect.poll(begun, { timeout: patienceMs }).toEqual(ids);
  return { ids, letGo: () => writeFile(gate, '') };
}

/** Has the load rest, and waits until all other jobs have ended: no message is on its way to a step then. */
export async function rest(cluster: Cluster, load: Load, { ids }: HeldJobs): Promise<void> {
  await load.hold();
  const open = async (): Promise<string[]> => {
    const rows = await cluster.postgres.query(
      (sql) => sql<{ id: string }[]>`SELECT id FROM jobs WHERE finished_at IS NULL`,
    );
    return rows.map(({ id }) => id).toSorted();
  };
  await expect.poll(open, { timeout: patienceMs }).toEqual(ids);
}
