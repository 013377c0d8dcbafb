import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryJobStore } from '../../memory/job-store.ts';
import { aJob } from '../../../test/support/jobs.ts';
import type { JobEvent } from '../event.ts';
import { JobFeed } from './job-feed.ts';
import type { JobUpdate } from '../job.ts';
import { StoreUnavailable, type HistoryQuery } from '../ports/job-store.ts';

const message = (text: string): JobEvent => ({
  type: 'heartbeat',
  actorName: 'download',
  stepStatus: 'processing',
  message: text,
});
const succeeded: JobEvent = { type: 'succeeded', result: 'done' };

/** A feed over a memory store whose reads are counted and can be made to fail or to wait. */
async function aFeed() {
  const store = new MemoryJobStore();
  const nothing = async (): Promise<void> => {};
  const reads = { count: 0, before: nothing, after: nothing };
  const feed = new JobFeed({
    async history(queries: readonly HistoryQuery[], limit: number) {
      reads.count++;
      await reads.before();
      const updates = await store.history(queries, limit);
      await reads.after();
      return updates;
    },
  });
  await store.listen(feed);
  const job = aJob();
  await store.create([job], 0);
  let now = 1;
  const happen = async (event: JobEvent): Promise<JobUpdate> => {
    const [outcome] = await store.apply([{ jobId: job.id, event }], now++);
    if (outcome?.kind !== 'applied' || outcome.update === null) throw new Error('nothing happened');
    return outcome.update;
  };
  return { feed, store, job, reads, happen };
}

const never = new AbortController().signal;

async function seqs(updates: AsyncIterable<readonly JobUpdate[]>): Promise<number[]> {
  const all: number[] = [];
  for await (const batch of updates) all.push(...batch.map(({ seq }) => seq));
  return all;
}

describe('a subscription', () => {
  test('begins with the history, goes on live, and ends after the final update', async () => {
    const { feed, job, happen } = await aFeed();
    await happen(message('a'));
    const stream = feed.subscribe(job.id, { signal: never });
    expect((await stream.next()).value).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    await happen(message('b'));
    expect((await stream.next()).value).toMatchObject([{ seq: 3, message: 'b' }]);
    await happen(succeeded);
    expect((await stream.next()).value).toMatchObject([{ seq: 4, status: 'Succeeded' }]);
    expect((await stream.next()).done).toBe(true);
  });

  test('resumes after a position', async () => {
    const { feed, job, happen } = await aFeed();
    await happen(message('a'));
    await happen(succeeded);
    expect(await seqs(feed.subscribe(job.id, { after: 1, signal: never }))).toEqual([2, 3]);
    expect(await seqs(feed.subscribe(job.id, { after: 2, signal: never }))).toEqual([3]);
  });

  test('ends at once after the final update, beyond the end, and of an unknown job', async () => {
    const { feed, job, happen } = await aFeed();
    await happen(succeeded);
    expect(await seqs(feed.subscribe(job.id, { after: 2, signal: never }))).toEqual([]);
    expect(await seqs(feed.subscribe(job.id, { after: 9, signal: never }))).toEqual([]);
    expect(await seqs(feed.subscribe('unknown', { signal: never }))).toEqual([]);
  });

  test('invariant 10: resumes after what another process told, and this one has not heard of', async () => {
    const { feed, store, job, happen } = await aFeed();
    const known = feed.subscribe(job.id, { signal: never });
    await known.next();
    const waiting = known.next();
    await store.close();
    await happen(message('a'));
    const { seq } = await happen(message('b'));
    const resumed = feed.subscribe(job.id, { after: seq, signal: never }).next();
    await new Promise((resolve) => setImmediate(resolve));
    await happen(succeeded);
    feed.missed();
    expect((await resumed).value).toMatchObject([{ seq: seq + 1, status: 'Succeeded' }]);
    expect((await waiting).value).toMatchObject([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
  });

  test('reads a history of many pages whole', async () => {
    const { feed, job, happen } = await aFeed();
    for (let i = 0; i < 450; i++) await happen(message(String(i)));
    await happen(succeeded);
    const all = await seqs(feed.subscribe(job.id, { signal: never }));
    expect(all).toEqual(Array.from({ length: 452 }, (_, i) => i + 1));
  });

  test('ends when its signal aborts while it waits', async () => {
    const { feed, job } = await aFeed();
    const leaving = new AbortController();
    const stream = feed.subscribe(job.id, { signal: leaving.signal });
    await stream.next();
    const next = stream.next();
    leaving.abort();
    expect((await next).done).toBe(true);
  });
});

describe('hints', () => {
  test('invariant 7: one that comes while a read runs is not lost', async () => {
    const { feed, job, reads, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    const next = stream.next();
    // The read has its answer, without the second update, when that one is hinted at.
    const answered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    reads.after = () => {
      answered.resolve();
      return released.promise;
    };
    await happen(message('first'));
    await answered.promise;
    await happen(succeeded);
    released.resolve();
    expect((await next).value).toMatchObject([{ seq: 2 }]);
    expect((await stream.next()).value).toMatchObject([{ seq: 3 }]);
  });

  test('invariant 7: a lost one costs latency alone', async () => {
    const { feed, store, job, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    const next = stream.next();
    await store.close();
    await happen(succeeded);
    feed.missed();
    expect((await next).value).toMatchObject([{ seq: 2 }]);
  });

  test('one serves every watcher of the job with a single read', async () => {
    const { feed, job, reads, happen } = await aFeed();
    const streams = Array.from({ length: 50 }, () => feed.subscribe(job.id, { signal: never }));
    await Promise.all(streams.map((stream) => stream.next()));
    const waiting = streams.map((stream) => stream.next());
    await new Promise((resolve) => setImmediate(resolve));
    reads.count = 0;
    await happen(message('for all'));
    const updates = await Promise.all(waiting);
    expect(updates.every(({ value }) => value?.[0]?.message === 'for all')).toBe(true);
    expect(reads.count).toBe(1);
  });
});

describe('what this process committed', () => {
  test('is not read, and its hint, which comes later, leads to no read either', async () => {
    const { feed, store, job, reads, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    await store.close();
    reads.count = 0;
    for (const text of ['a', 'b']) {
      const next = stream.next();
      await new Promise((resolve) => setImmediate(resolve));
      const update = await happen(message(text));
      feed.committed([update]);
      feed.changed(job.id, update.seq);
      expect((await next).value).toMatchObject([{ message: text }]);
    }
    expect(reads.count).toBe(0);
  });

  test('invariant 7: does not hide what was hinted at before', async () => {
    const { feed, store, job, reads, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    await store.close();
    const own = await happen(message('own'));
    await happen(message('of another process'));
    reads.before = async () => {
      throw new StoreUnavailable('away');
    };
    const next = stream.next();
    feed.changed(job.id, 3);
    await new Promise((resolve) => setImmediate(resolve));
    feed.committed([own]);
    expect((await next).value).toMatchObject([{ seq: 2, message: 'own' }]);
    reads.before = async () => {};
    expect((await stream.next()).value).toMatchObject([{ seq: 3 }]);
  });

  test('invariant 4: comes after what another process committed before', async () => {
    const { feed, store, job, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    await store.close();
    const next = stream.next();
    await happen(message('of another process'));
    feed.committed([await happen(message('own'))]);
    expect((await next).value).toMatchObject([{ seq: 2 }, { seq: 3, message: 'own' }]);
  });
});

describe('an outage of the store', () => {
  const away = async (): Promise<void> => {
    throw new StoreUnavailable('away');
  };

  test('is told to whoever subscribes in it', async () => {
    const { feed, job, reads } = await aFeed();
    reads.before = away;
    await expect(feed.subscribe(job.id, { signal: never }).next()).rejects.toThrow(
      StoreUnavailable,
    );
  });

  test('is outlasted by a subscription that has begun', async () => {
    const { feed, job, reads, happen } = await aFeed();
    const stream = feed.subscribe(job.id, { signal: never });
    await stream.next();
    reads.before = away;
    const next = stream.next();
    await happen(message('during the outage'));
    await new Promise((resolve) => setImmediate(resolve));
    reads.before = async () => {};
    feed.missed();
    expect((await next).value).toMatchObject([{ seq: 2, message: 'during the outage' }]);
  });
});

test('invariant 4: however reads, updates and watchers interleave, each sees every update once, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.nat(12), { minLength: 1, maxLength: 5 }),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      async (scheduler, positions, isOwn) => {
        const { feed, store, job, reads, happen } = await aFeed();
        const total = 12;
        // Hints come late and in any order; of its own updates the process knows before.
        await store.close();
        const hints: Promise<unknown>[] = [];
        const commit = async (event: JobEvent): Promise<void> => {
          const update = await happen(event);
          if (isOwn[update.seq - 1] === true) feed.committed([update]);
          const hint = scheduler.schedule(Promise.resolve());
          hints.push(hint.then(() => feed.changed(job.id, update.seq)));
        };
        reads.before = () => scheduler.schedule(Promise.resolve());
        const watching = positions.map((after) =>
          seqs(feed.subscribe(job.id, { after: Math.min(after, 1), signal: never })),
        );
        const writing = (async () => {
          for (let i = 2; i < total; i++) {
            await scheduler.schedule(Promise.resolve());
            await commit(message(String(i)));
          }
          await commit(succeeded);
        })();
        await scheduler.waitFor(Promise.all([writing, ...watching]));
        for (const [i, seen] of (await Promise.all(watching)).entries()) {
          const first = Math.min(positions[i] ?? 0, 1) + 1;
          expect(seen).toEqual(Array.from({ length: total - first + 1 }, (_, n) => n + first));
        }
      },
    ),
    { numRuns: 200 },
  );
});
