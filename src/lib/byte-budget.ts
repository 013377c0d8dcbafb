import { Overloaded } from './batcher.ts';
import { onAbort } from './on-abort.ts';

/** Gives back what was taken. A second call does nothing. */
export type Release = () => void;

interface Waiting {
  readonly bytes: number;
  readonly grant: () => void;
}

export interface ByteBudgetOptions {
  /** Most bytes that are taken at a time, unless a single taker has more. */
  readonly maxBytes: number;
  /** Most takers that wait. Default 1,000. */
  readonly maxWaiting?: number;
}

/** A bound on memory: whoever is about to hold many bytes takes them here first, in turn. */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #maxWaiting: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor({ maxBytes, maxWaiting = 1_000 }: ByteBudgetOptions) {
    this.#maxBytes = maxBytes;
    this.#maxWaiting = maxWaiting;
  }

  /** @returns null if there is no room now, or others wait for it */
  tryTake(bytes: number): Release | null {
    return this.#waiting.length === 0 && this.#fits(bytes) ? this.#take(bytes) : null;
  }

  /**
   * Resolves when there is room, in the order of the calls.
   *
   * @throws Overloaded if too many wait, or the signal aborts before there is room
   */
  async take(bytes: number, signal: AbortSignal): Promise<Release> {
    const taken = this.tryTake(bytes);
    if (taken !== null) return taken;
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new Overloaded(`${this.#maxWaiting} wait for room in memory already`);
    }
    return new Promise((resolve, reject) => {
      let stopListening = (): void => {};
      const abandon = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new Overloaded(`no room in memory for ${bytes} bytes`));
        this.#grant();
      };
      const waiting: Waiting = {
        bytes,
        grant: () => {
          stopListening();
          resolve(this.#take(bytes));
        },
      };
      this.#waiting.push(waiting);
      stopListening = onAbort(signal, abandon);
    });
  }

  #fits(bytes: number): boolean {
    return this.#taken === 0 || this.#taken + bytes <= this.#maxBytes;
  }

  #take(bytes: number): Release {
    this.#taken += bytes;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken -= bytes;
      this.#grant();
    };
  }

  #grant(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes);) {
      this.#waiting.shift();
      next.grant();
      next = this.#waiting[0];
    }
  }
}
