import type { EpochMs } from '../jobs/job.ts';
import { systemClock } from '../lib/clock.ts';
import { callAfter, type StopTimer } from '../lib/timer.ts';

/** Why the work on a message has to end early. */
export type Stop =
  /** The gateway fails the job. */
  | 'past its deadline'
  /** The job was cancelled, or is over for another reason. */
  | 'called off'
  /** This process stops, and another one gets the message. */
  | 'shutdown';

/** The AbortSignal of the work on one message, and the first reason why it aborted. */
export class WorkSignal {
  readonly #controller = new AbortController();
  readonly #stopTimer: StopTimer;
  #stop: Stop | null = null;

  constructor(deadline: EpochMs | null) {
    const left = deadline === null ? Infinity : deadline - systemClock();
    this.#stopTimer = callAfter(left, () => {
      this.#abort('past its deadline', new DOMException('the deadline has passed', 'TimeoutError'));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Null while the work may go on. */
  get stop(): Stop | null {
    return this.#stop;
  }

  callOff(reason: string): void {
    // Also for a deadline, which the gateway may notice before the timer of this process fires.
    const name = reason === 'DeadlineExceeded' ? 'TimeoutError' : 'AbortError';
    this.#abort('called off', new DOMException(`the job is over: ${reason}`, name));
  }

  shutDown(): void {
    this.#abort('shutdown', new DOMException('the actor has to stop', 'AbortError'));
  }

  /** Stops the timer. To be called when the work is done. */
  release(): void {
    this.#stopTimer();
  }

  #abort(stop: Stop, reason: DOMException): void {
    if (this.#stop !== null) return;
    this.#stop = stop;
    this.#controller.abort(reason);
  }
}
