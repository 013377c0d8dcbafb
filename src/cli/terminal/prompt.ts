import { createInterface, type Interface } from 'node:readline/promises';
import type { Detaching } from '../calls/detaching.ts';

/** Asks on the terminal: questions on standard error, answers from standard input. */
export class Prompt implements Disposable {
  readonly #lines: Interface;
  readonly #signal: AbortSignal;

  /** @param detaching is told when the user presses Ctrl-C or ends the input */
  constructor(detaching: Detaching) {
    this.#signal = detaching.signal;
    this.#lines = createInterface({ input: process.stdin, output: process.stderr });
    this.#lines.on('SIGINT', () => detaching.detach(''));
    this.#lines.on('close', () => detaching.detach('The input ended. '));
  }

  /** @throws what aborted the signal */
  async ask(question: string): Promise<string> {
    try {
      return (await this.#lines.question(question, { signal: this.#signal })).trim();
    } catch (error) {
      this.#signal.throwIfAborted();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#lines.removeAllListeners('close');
    this.#lines.close();
  }
}
