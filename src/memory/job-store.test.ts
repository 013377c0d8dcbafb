import { expect, test } from 'vitest';
import { StoreUnavailable } from '../jobs/ports/job-store.ts';
import { storeContract } from '../../test/store-contract.ts';
import { aJob } from '../../test/support/jobs.ts';
import { MemoryJobStore } from './job-store.ts';

storeContract('the memory store', async () => {
  const store = new MemoryJobStore();
  return { store, notifier: store, close: () => store.close() };
});

test('invariant 9: the job finished longest ago makes room for a new one', async () => {
  const store = new MemoryJobStore({ maxJobs: 2 });
  const [first, second, third] = [aJob(), aJob(), aJob()];
  await store.create([first, second], 0);
  await store.apply([{ jobId: second.id, event: { type: 'succeeded', result: 1 } }], 1);
  await store.create([third], 0);
  const left = await store.get([first.id, second.id, third.id]);
  expect(left.map((job) => job?.id)).toEqual([first.id, undefined, third.id]);
});

test('invariant 9: a store full of unfinished jobs takes no more, and loses none', async () => {
  const store = new MemoryJobStore({ maxJobs: 1 });
  const [first, second] = [aJob(), aJob()];
  await store.create([first], 0);
  await expect(store.create([second], 0)).rejects.toThrow(StoreUnavailable);
  expect(await store.get([first.id])).toEqual([first]);
});

test('invariant 9: payloads and results are bounded by their bytes', async () => {
  const store = new MemoryJobStore({ maxBytes: 10_000 });
  const [first, second, third, large] = [1, 2, 3, 4].map(() =>
    aJob({ payload: 'x'.repeat(2_500) }),
  );
  if (!first || !second || !third || !large) throw new Error('four jobs');
  await store.create([first, second], 0);
  await expect(store.create([third], 0)).rejects.toThrow(StoreUnavailable);
  await store.apply([{ jobId: first.id, event: { type: 'succeeded', result: 1 } }], 1);
  await store.create([third], 0);
  // A result is never refused; what finished before makes room for it.
  const result = 'y'.repeat(20_000);
  await store.apply([{ jobId: second.id, event: { type: 'succeeded', result } }], 1);
  const left = await store.get([first.id, second.id, third.id]);
  expect(left.map((job) => job?.status)).toEqual([undefined, 'Succeeded', 'Pending']);
  await store.create([large], 0);
  expect((await store.get([second.id]))[0]).toBeNull();
});
