/** What happened so far, in order, for tests that wait until there is enough of it. */
export class Recorded<T> {
  readonly all: T[] = [];
  #changed = Promise.withResolvers<void>();

  add(item: T): void {
    this.all.push(item);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Everything so far, once there are so many. */
  async atLeast(count: number): Promise<readonly T[]> {
    while (this.all.length < count) await this.#changed.promise;
    return this.all;
  }
}
