const cells = 20;
/** Without a terminal's own width. */
const defaultWidth = 80;

/** A bar that redraws its line in a terminal; elsewhere every update is a line of its own. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream;
  #isDrawn = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** @param share 0 to 1 */
  show(share: number, message: string): void {
    const percent = `${Math.round(share * 100)}`.padStart(3);
    if (this.#out.isTTY) {
      const filled = Math.round(share * cells);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}`;
      const line = `  ${bar} ${percent} %  ${message}`;
      // A line that wraps could not be drawn over.
      const width = (this.#out.columns || defaultWidth) - 1;
      this.#out.write(`\r\x1b[K${line.slice(0, width)}`);
      this.#isDrawn = true;
    } else {
      this.#out.write(`${percent} %  ${message}\n`);
    }
  }

  /** Takes the bar away, so that something else can be written. */
  clear(): void {
    if (this.#isDrawn) this.#out.write('\r\x1b[K');
    this.#isDrawn = false;
  }

  /** Leaves the bar as it is. */
  end(): void {
    if (this.#isDrawn) this.#out.write('\n');
    this.#isDrawn = false;
  }
}
