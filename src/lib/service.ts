import { callAfter } from './timer.ts';

/** Something that runs from `start` to `stop`. `stop` waits for work under way and may be called twice. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface PeriodicOptions {
  /** Pause between the end of one run and the begin of the next. */
  readonly everyMs: number;
  /** One round of work; true: there is more at once, so the pause is left out. */
  readonly runOnce: () => Promise<boolean | void>;
  readonly onError: (error: unknown) => void;
}

/** Runs a round of work again and again, and on demand; never two rounds at a time. */
export class PeriodicLoop implements Service {
  readonly #options: PeriodicOptions;
  #stopped = true;
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #woken = false;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#running = this.#loop();
  }

  /** Begins the next round now, or right after the one under way. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      let more: boolean | void = false;
      try {
        more = await this.#options.runOnce();
      } catch (error) {
        this.#options.onError(error);
      }
      if (more !== true && !this.#woken && !this.#stopped) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const stopTimer = callAfter(this.#options.everyMs, resolve);
      this.#wake = () => {
        stopTimer();
        resolve();
      };
    });
  }
}
