import { Batcher, type BatcherOptions } from './batcher.ts';

export interface LanedBatcherOptions<In> extends BatcherOptions<In> {
  /** Items of one key are run in the order in which they were added. */
  readonly keyOf: (item: In) => string;
  readonly sizeOf: (item: In) => number;
}

interface Sized<In> {
  readonly item: In;
  readonly bytes: number;
}

type Lane<In, Out> = Batcher<Sized<In>, Out>;

/** The newest item of a key that is not done. */
interface Newest<In, Out> {
  readonly lane: Lane<In, Out>;
  /** It is in its lane already, and does not wait for the other one. */
  readonly isAdded: boolean;
  readonly done: Promise<unknown>;
}

/** In bytes. From here on a run takes long enough to be felt. */
const largeItem = 1_048_576;

/**
 * A Batcher with a second lane, for large items: a run of one that takes seconds does not hold up the
 * small ones meanwhile.
 */
export class LanedBatcher<In, Out> {
  readonly #options: LanedBatcherOptions<In>;
  readonly #small: Lane<In, Out>;
  readonly #large: Lane<In, Out>;
  readonly #newest = new Map<string, Newest<In, Out>>();

  /** @param run as of Batcher; called for both lanes at the same time */
  constructor(
    run: (items: readonly In[]) => Promise<readonly Out[]>,
    options: LanedBatcherOptions<In>,
  ) {
    this.#options = options;
    const runSized = (sized: readonly Sized<In>[]) => run(sized.map(({ item }) => item));
    const laneOptions = { ...options, sizeOf: ({ bytes }: Sized<In>) => bytes };
    this.#small = new Batcher(runSized, laneOptions);
    this.#large = new Batcher(runSized, laneOptions);
  }

  /** @throws Overloaded */
  add(item: In): Promise<Out> {
    const bytes = this.#options.sizeOf(item);
    const key = this.#options.keyOf(item);
    const lane = bytes < largeItem ? this.#small : this.#large;
    const before = this.#newest.get(key);
    // A lane keeps the order by itself.
    const isAdded = before === undefined || (before.isAdded && before.lane === lane);
    const sized = { item, bytes };
    const out = isAdded ? lane.add(sized) : before.done.then(() => lane.add(sized));
    const newest = { lane, isAdded, done: out.catch(() => {}) };
    this.#newest.set(key, newest);
    void newest.done.finally(() => {
      if (this.#newest.get(key) === newest) this.#newest.delete(key);
    });
    return out;
  }
}
