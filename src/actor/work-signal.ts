import type { EpochMs } from '../jobs/job.ts';
import { systemClock } from '../lib/clock.ts';

/** Timers count milliseconds in 31 bits, and fire at once if given more. */
const maxTimerMs = 2 ** 31 - 1;

/** Why work on a message is to end early. */
export type Stop =
  /** The gateway fails the job by itself. */
  | 'past its deadline'
  /** Cancelled, or failed meanwhile. */
  | 'called off'
  /** Somebody else is to do it. */
  | 'shutdown';

/** The AbortSignal of the work on one message, and the first reason why it aborted. */
export class WorkSignal {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #stop: Stop | null = null;

  constructor(deadline: EpochMs | null) {
    if (deadline === null) return;
    const left = Math.min(deadline - systemClock(), maxTimerMs);
    this.#timer = setTimeout(() => {
      this.#abort('past its deadline', new DOMException('the deadline has passed', 'TimeoutError'));
    }, left);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Null while the work may go on. */
  get stop(): Stop | null {
    return this.#stop;
  }

  callOff(reason: string): void {
    // The gateway may notice the deadline before this process's own timer does.
    const name = reason === 'DeadlineExceeded' ? 'TimeoutError' : 'AbortError';
    this.#abort('called off', new DOMException(`the job is over: ${reason}`, name));
  }

  shutDown(): void {
    this.#abort('shutdown', new DOMException('the actor has to stop', 'AbortError'));
  }

  /** Stops the clock: the work is done. */
  release(): void {
    clearTimeout(this.#timer);
  }

  #abort(stop: Stop, reason: DOMException): void {
    if (this.#stop !== null) return;
    this.#stop = stop;
    this.#controller.abort(reason);
  }
}
