import { StoreUnavailable, type Purge } from '../jobs/ports/job-store.ts';
import type { EpochMs } from '../jobs/job.ts';
import { codeOf } from './connection/outage.ts';
import type { Pool } from './pool.ts';
import { purgeJobs } from './sql/purge-jobs.ts';

/** Deletes some 10,000 rows within a second, so that no lock is held for long enough to be felt. */
const mostRows = 10_000;

/** So few that a server which cannot delete them in time has other worries. */
const fewestRows = 100;

/** By so many more are taken once deleting was quick enough: twice as many would be too slow again. */
const step = 500;

/** The server's own limit for a statement was reached. (PostgreSQL manual, appendix A.) */
const queryCanceled = '57014';

/** Removes old jobs by statements that end in time, however much history a job has. */
export class Retention {
  readonly #pool: Pool;
  #rows = mostRows;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Removes some of the oldest jobs, or a part of one's history. @throws StoreUnavailable */
  async purge(finishedBefore: EpochMs, limit: number): Promise<Purge> {
    const rows = this.#rows;
    try {
      const purge = await this.#pool.runLong((sql) => purgeJobs(sql, finishedBefore, limit, rows));
      this.#rows = Math.min(rows + step, mostRows);
      return purge;
    } catch (error) {
      if (!isTooSlow(error) || rows === fewestRows) throw error;
      // The same would take as long again, and nothing would ever be removed.
      this.#rows = Math.max(Math.floor(rows / 2), fewestRows);
      return { removed: 0, more: true };
    }
  }
}

function isTooSlow(error: unknown): boolean {
  return error instanceof StoreUnavailable && codeOf(error.cause) === queryCanceled;
}
