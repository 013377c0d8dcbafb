const mebibyte = 1_048_576;

/** More callers wait than the batcher takes in. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly bytes: number;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

export interface BatcherOptions<In = never> {
  /** Most items in one run. Default 256: beyond it a statement no longer gets cheaper an item. */
  readonly maxBatch?: number;
  /** Most items that wait. Default 20,000; beyond it `add` rejects with Overloaded. */
  readonly maxWaiting?: number;
  /** About how many bytes an item holds. Default: none to speak of. */
  readonly sizeOf?: (item: In) => number;
  /**
   * Most bytes in one run, unless a single item has more. Default 8 MiB: a batch becomes one text,
   * which neither JavaScript nor PostgreSQL takes at any length, and is in memory several times over.
   */
  readonly maxBatchBytes?: number;
  /** Most bytes that wait. Default 128 MiB; beyond it `add` rejects with Overloaded. */
  readonly maxWaitingBytes?: number;
  /**
   * Was a run's failure perhaps one item's fault? Then each item runs again alone, so that a bad one
   * fails alone; a run must have done all of its work or none. Default: never.
   */
  readonly isolate?: (error: unknown) => boolean;
}

/**
 * Gathers concurrent calls into one. There is no timer: what arrives while a run is under way is
 * the next run, so a lone call waits for nothing and a busy time makes large batches by itself.
 */
export class Batcher<In, Out> {
  readonly #run: (items: readonly In[]) => Promise<readonly Out[]>;
  readonly #maxBatch: number;
  readonly #maxWaiting: number;
  readonly #sizeOf: (item: In) => number;
  readonly #maxBatchBytes: number;
  readonly #maxWaitingBytes: number;
  readonly #isolate: (error: unknown) => boolean;
  #waitingBytes = 0;
  #waiting: Waiting<In, Out>[] = [];
  #running = false;

  /** @param run answers each item, in order; if it rejects, every item of the batch does */
  constructor(
    run: (items: readonly In[]) => Promise<readonly Out[]>,
    options: BatcherOptions<In> = {},
  ) {
    const { maxBatch = 256, maxWaiting = 20_000, isolate = () => false } = options;
    this.#run = run;
    this.#maxBatch = maxBatch;
    this.#maxWaiting = maxWaiting;
    this.#sizeOf = options.sizeOf ?? (() => 0);
    this.#maxBatchBytes = options.maxBatchBytes ?? 8 * mebibyte;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 128 * mebibyte;
    this.#isolate = isolate;
  }

  /** @throws Overloaded */
  add(item: In): Promise<Out> {
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(new Overloaded(`${this.#maxWaiting} calls are waiting already`));
    }
    const bytes = this.#sizeOf(item);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#maxWaitingBytes) {
      return Promise.reject(new Overloaded(`calls of ${this.#waitingBytes} bytes wait already`));
    }
    return new Promise<Out>((resolve, reject) => {
      this.#waitingBytes += bytes;
      this.#waiting.push({ item, bytes, resolve, reject });
      // Deferred, so that calls made in the same tick share a batch.
      if (!this.#running) queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#running || this.#waiting.length === 0) return;
    this.#running = true;
    const batch = this.#takeBatch();
    void this.#settle(batch).finally(() => {
      this.#running = false;
      this.#next();
    });
  }

  #takeBatch(): Waiting<In, Out>[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count === this.#maxBatch) break;
      if (count > 0 && bytes + waiting.bytes > this.#maxBatchBytes) break;
      bytes += waiting.bytes;
      count++;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  async #settle(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await this.#run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => resolve(results[i] as Out));
    } catch (error) {
      if (batch.length > 1 && this.#isolate(error)) {
        for (const waiting of batch) await this.#settle([waiting]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}
