import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batcher, Overloaded, type BatcherOptions } from './batcher.ts';

/** A batcher whose runs wait to be let go, and what it ran. */
function held(options?: BatcherOptions<number>) {
  const runs: { items: readonly number[]; done: PromiseWithResolvers<void> }[] = [];
  const batcher = new Batcher<number, number>(async (items) => {
    const done = Promise.withResolvers<void>();
    runs.push({ items, done });
    await done.promise;
    return items.map((item) => item * 2);
  }, options);
  return { batcher, runs };
}

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('calls of one tick share a run, and each gets its own answer', async () => {
  const { batcher, runs } = held();
  const answers = Promise.all([batcher.add(1), batcher.add(2), batcher.add(3)]);
  await microtasks();
  expect(runs.map(({ items }) => items)).toEqual([[1, 2, 3]]);
  runs[0]?.done.resolve();
  expect(await answers).toEqual([2, 4, 6]);
});

test('what arrives during a run is the next run', async () => {
  const { batcher, runs } = held();
  const first = batcher.add(1);
  await microtasks();
  const rest = Promise.all([batcher.add(2), batcher.add(3)]);
  await microtasks();
  expect(runs).toHaveLength(1);
  runs[0]?.done.resolve();
  await first;
  await microtasks();
  expect(runs.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  runs[1]?.done.resolve();
  expect(await rest).toEqual([4, 6]);
});

test('a batch has a greatest size', async () => {
  const { batcher, runs } = held({ maxBatch: 2 });
  const answers = Promise.all([1, 2, 3].map((item) => batcher.add(item)));
  await microtasks();
  runs[0]?.done.resolve();
  await microtasks();
  runs[1]?.done.resolve();
  expect(await answers).toEqual([2, 4, 6]);
  expect(runs.map(({ items }) => items)).toEqual([[1, 2], [3]]);
});

test('invariant 9: beyond its bound it takes in nothing more, and goes on after', async () => {
  const { batcher, runs } = held({ maxWaiting: 2 });
  const running = batcher.add(0);
  await microtasks();
  const waiting = [batcher.add(1), batcher.add(2)];
  await expect(batcher.add(3)).rejects.toThrow(Overloaded);
  runs[0]?.done.resolve();
  await running;
  await microtasks();
  runs[1]?.done.resolve();
  expect(await Promise.all(waiting)).toEqual([2, 4]);
});

test('a failed run rejects its own calls and no others', async () => {
  const batcher = new Batcher<string, string>(async (items) => {
    if (items.includes('bad')) throw new Error('no');
    return items;
  });
  const failed = Promise.allSettled([batcher.add('bad'), batcher.add('beside it')]);
  await microtasks();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await batcher.add('good')).toBe('good');
});

test('where it may be one call that is at fault, that one fails alone', async () => {
  const runs: (readonly string[])[] = [];
  const batcher = new Batcher<string, string>(
    async (items) => {
      runs.push(items);
      if (items.includes('bad')) throw new Error('no');
      return items;
    },
    { isolate: () => true },
  );
  const settled = await Promise.allSettled(['a', 'bad', 'b'].map((item) => batcher.add(item)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(runs).toEqual([['a', 'bad', 'b'], ['a'], ['bad'], ['b']]);
});

test('every call is answered once, in order, however they arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(fc.nat(), { maxLength: 9 }), { maxLength: 9 }),
      async (scheduler, bursts) => {
        const ran: number[] = [];
        const batcher = new Batcher<number, number>(
          async (items) => {
            await scheduler.schedule(Promise.resolve());
            ran.push(...items);
            return items;
          },
          { maxBatch: 4 },
        );
        const answers = bursts.map(async (burst) => {
          await scheduler.schedule(Promise.resolve());
          return Promise.all(burst.map((item) => batcher.add(item)));
        });
        await scheduler.waitFor(Promise.all(answers));
        expect(await Promise.all(answers)).toEqual(bursts);
        const ascending = (a: number, b: number): number => a - b;
        expect(ran.toSorted(ascending)).toEqual(bursts.flat().toSorted(ascending));
      },
    ),
  );
});

test('invariant 9: a run is bounded by its bytes, but for an item larger than that', async () => {
  const { batcher, runs } = held({ sizeOf: (item) => item, maxBatchBytes: 10 });
  const answers = Promise.all([4, 6, 1, 30, 2].map((item) => batcher.add(item)));
  for (let i = 0; i < 4; i++) {
    await microtasks();
    runs[i]?.done.resolve();
  }
  await answers;
  expect(runs.map(({ items }) => items)).toEqual([[4, 6], [1], [30], [2]]);
});

test('invariant 9: so is what waits', async () => {
  const { batcher, runs } = held({ sizeOf: (item) => item, maxWaitingBytes: 10 });
  const first = batcher.add(100);
  await microtasks();
  const waiting = batcher.add(7);
  await expect(batcher.add(4)).rejects.toThrow(Overloaded);
  const fits = batcher.add(3);
  runs[0]?.done.resolve();
  await first;
  await microtasks();
  runs[1]?.done.resolve();
  expect(await Promise.all([waiting, fits])).toEqual([14, 6]);
});
