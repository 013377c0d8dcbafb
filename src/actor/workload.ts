import type { CalledOffJob } from '../jobs/ports/broker.ts';
import type { Envelope } from '../jobs/envelope.ts';
import { WorkSignal } from './work-signal.ts';

/** More than the messages that wait for one process. The work on an older job is refused in the end. */
const maxRemembered = 10_000;

/** The messages that a process works on, and the jobs that were called off. */
export class Workload {
  readonly #atWork = new Map<string, Set<WorkSignal>>();
  /** The reasons by the ids of the jobs, oldest first. */
  readonly #calledOff = new Map<string, string>();

  /** To be followed by `leave`. */
  enter({ jobId, deadline }: Envelope): WorkSignal {
    const work = new WorkSignal(deadline);
    const sameJob = this.#atWork.get(jobId) ?? new Set();
    this.#atWork.set(jobId, sameJob.add(work));
    const reason = this.#calledOff.get(jobId);
    if (reason !== undefined) work.callOff(reason);
    return work;
  }

  leave({ jobId }: Envelope, work: WorkSignal): void {
    work.release();
    const sameJob = this.#atWork.get(jobId);
    sameJob?.delete(work);
    if (sameJob?.size === 0) this.#atWork.delete(jobId);
  }

  callOff({ jobId, reason }: CalledOffJob): void {
    this.#calledOff.set(jobId, reason);
    const [oldest] = this.#calledOff.keys();
    if (oldest !== undefined && this.#calledOff.size > maxRemembered) {
      this.#calledOff.delete(oldest);
    }
    for (const work of this.#atWork.get(jobId) ?? []) work.callOff(reason);
  }

  shutDown(): void {
    for (const sameJob of this.#atWork.values()) for (const work of sameJob) work.shutDown();
  }
}
