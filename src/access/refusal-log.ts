import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

/** Most refusals that are logged in a second. Whoever tries keys must not fill the disk. */
const maxPerSecond = 10;

/** The audit log of refusals, of which it writes some and counts the others. */
export class RefusalLog {
  readonly #log: Log;
  readonly #clock: Clock;
  #second = 0;
  #logged = 0;
  #leftOut = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param facts nothing of a credential */
  write(facts: Readonly<Record<string, string | null>>): void {
    const second = Math.floor(this.#clock() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#logged = 0;
    }
    if (this.#logged >= maxPerSecond) {
      this.#leftOut++;
      return;
    }
    this.#logged++;
    const leftOut = this.#leftOut > 0 ? { leftOut: this.#leftOut } : {};
    this.#leftOut = 0;
    this.#log.warn({ audit: true, ...facts, ...leftOut }, 'request refused');
  }
}
