import type { ClientJobs } from '../jobs/engine/client-jobs.ts';
import { isFinal, type Job, type JobUpdate } from '../jobs/job.ts';
import { onAbort } from '../lib/on-abort.ts';
import { callAfter } from '../lib/timer.ts';

export interface WaitOptions {
  /** Longest wait in milliseconds; Infinity: as long as the job takes. */
  readonly timeoutMs: number;
  /** Each of them ends the wait, not the job. */
  readonly stopOn: readonly AbortSignal[];
  /** Updates with a greater seq are told. Default 0: all of them. */
  readonly after?: number;
  /** Told every update in order, the final one included; the next one waits for it. */
  readonly onUpdate?: (update: JobUpdate) => Promise<void>;
}

export interface UpdateOptions extends WaitOptions {
  /** Whether the wait is over with this update. */
  readonly until: (update: JobUpdate) => boolean;
}

/**
 * Waits until a job is finished.
 *
 * @returns the finished job; null if time ran out, a signal aborted or no such job exists
 * @throws StoreUnavailable
 */
export async function waitForOutcome(
  jobs: ClientJobs,
  jobId: string,
  options: WaitOptions,
): Promise<Job | null> {
  const until = ({ status }: JobUpdate): boolean => isFinal(status);
  const last = await waitForUpdate(jobs, jobId, { ...options, until });
  if (last === null) return null;
  const job = await jobs.get(jobId);
  return job !== null && isFinal(job.status) ? job : null;
}

/**
 * Waits for the first update that will do.
 *
 * @returns it, or `over` if none can come: the job was finished before the wait began, or is unknown;
 *   null if time ran out or a signal aborted
 * @throws StoreUnavailable
 */
export async function waitForUpdate(
  jobs: ClientJobs,
  jobId: string,
  options: UpdateOptions,
): Promise<JobUpdate | 'over' | null> {
  const { timeoutMs, stopOn, after = 0, onUpdate, until } = options;
  // AbortSignal.timeout would keep its timer, and this call with it, long after a quick outcome.
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const cleanUps = stopOn.map((signal) => onAbort(signal, abort));
  if (timeoutMs !== Infinity) cleanUps.push(callAfter(timeoutMs, abort));
  try {
    for await (const updates of jobs.watch(jobId, { after, signal: stop.signal })) {
      for (const update of updates) {
        await onUpdate?.(update);
        if (until(update)) return update;
      }
    }
    return stop.signal.aborted ? null : 'over';
  } finally {
    for (const cleanUp of cleanUps) cleanUp();
  }
}
