import { expect, test } from 'vitest';
import { StoreUnavailable } from '../jobs/job-store.ts';
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
