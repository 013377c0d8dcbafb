import type { WriteStream } from 'node:tty';

const cells = 30;
/** Columns left for the message; a line that wraps could not be drawn over. */
const messageWidth = 80 - cells - 10;

/** A bar that redraws its line in a terminal; elsewhere every update is a line of its own. */
export class ProgressBar {
  readonly #out: WriteStream;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  /** @param share 0 to 1 */
  show(share: number, message: string): void {
    const filled = Math.round(share * cells);
    const percent = `${Math.round(share * 100)}`.padStart(3);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}`;
    const line = `  ${bar} ${percent} %  ${message.slice(0, messageWidth)}`;
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\n');
  }
}
