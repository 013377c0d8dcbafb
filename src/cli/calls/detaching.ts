import { callAfter } from '../../lib/timer.ts';

/** Lets go of a job that goes on: by Ctrl-C, at the end of the time to wait, or by the end of the input. */
export class Detaching implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => this.detach('');
  #stopTimer: () => void = () => {};

  /** @param timeoutMs null: no limit */
  constructor(timeoutMs: number | null) {
    // The second Ctrl-C ends the process at once.
    process.once('SIGINT', this.#onSignal);
    if (timeoutMs !== null) {
      const why = `Not finished within ${timeoutMs / 1_000} s. `;
      this.#stopTimer = callAfter(timeoutMs, () => this.detach(why));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why, as the beginning of a message. */
  get why(): string {
    return String(this.signal.reason ?? '');
  }

  detach(why: string): void {
    this.#controller.abort(why);
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
    process.off('SIGINT', this.#onSignal);
  }
}
