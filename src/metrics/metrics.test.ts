import { afterEach, expect, test } from 'vitest';
import { storeContract } from '../../test/store-contract.ts';
import { aJob } from '../../test/support/jobs.ts';
import { Scrape } from '../../test/support/scrape.ts';
import { envelopeOf } from '../jobs/envelope.ts';
import { BrokerUnavailable, type Publisher } from '../jobs/ports/publisher.ts';
import { MemoryJobStore } from '../memory/job-store.ts';
import { Metrics } from './metrics.ts';

storeContract('a store that metrics watch', async () => {
  const memory = new MemoryJobStore();
  const store = new Metrics().observeStore(memory);
  return { store, notifier: memory, close: () => memory.close() };
});

let metrics = new Metrics();
afterEach(() => {
  metrics = new Metrics();
});

async function scraped(): Promise<Scrape> {
  return new Scrape(await metrics.text());
}

test('a job that was there already is not created again', async () => {
  const store = metrics.observeStore(new MemoryJobStore());
  const job = aJob();
  await store.create([job, aJob()], 0);
  await store.create([job], 0);
  const found = await scraped();
  expect(found.value('asya_jobs_created_total', { tool: 'enhance_image' })).toBe(2);
  expect(found.value('asya_store_batch_size_sum', { operation: 'create' })).toBe(3);
  const unroutable = { tool: 'enhance_image', status: 'Failed', reason: 'Unroutable' };
  expect(found.value('asya_jobs_ended_total', unroutable)).toBe(0);
});

test('a child that is created by its outcome has ended', async () => {
  const store = metrics.observeStore(new MemoryJobStore());
  const end = {
    status: 'Failed',
    reason: 'ActorError',
    createdAt: 1_000,
    finishedAt: 3_500,
  } as const;
  await store.create([aJob({ tool: null, ...end })], 0);
  const found = await scraped();
  const labels = { tool: '', status: 'Failed', reason: 'ActorError' };
  expect(found.value('asya_jobs_ended_total', labels)).toBe(1);
  expect(found.value('asya_job_seconds_sum', { tool: '' })).toBe(2.5);
});

test('an end is counted once, whatever is reported after it', async () => {
  const store = metrics.observeStore(new MemoryJobStore());
  const job = aJob();
  await store.create([job], 0);
  const event = { type: 'succeeded', result: 1 } as const;
  await store.apply(
    [
      { jobId: job.id, event },
      { jobId: job.id, event },
    ],
    2_000_000,
  );
  await store.apply([{ jobId: 'unknown', event }], 2_000_000);
  const found = await scraped();
  const labels = { tool: 'enhance_image', status: 'Succeeded', reason: '' };
  expect(found.value('asya_jobs_ended_total', labels)).toBe(1);
  for (const outcome of ['applied', 'repeated', 'unknown']) {
    expect(found.value('asya_events_total', { type: 'succeeded', outcome })).toBe(1);
  }
});

test('failures of the store are counted, and thrown on', async () => {
  const store = metrics.observeStore(new MemoryJobStore({ maxJobs: 0 }));
  await expect(store.create([aJob()], 0)).rejects.toThrow(/is full/);
  const found = await scraped();
  expect(found.value('asya_store_failures_total', { operation: 'create' })).toBe(1);
  expect(found.value('asya_jobs_created_total', { tool: 'enhance_image' })).toBeUndefined();
});

test('a publish without an answer is one of its own kind', async () => {
  const away: Publisher = {
    publish: () => Promise.reject(new BrokerUnavailable('away')),
    unavailable: () => 'away',
    onAvailable: () => {},
  };
  const publisher = metrics.observePublisher(away);
  await expect(publisher.publish(envelopeOf(aJob()))).rejects.toThrow(BrokerUnavailable);
  expect(publisher.unavailable()).toBe('away');
  const found = await scraped();
  expect(found.value('asya_publish_seconds_count', { outcome: 'unavailable' })).toBe(1);
  expect(found.value('asya_publish_seconds_count', { outcome: 'confirmed' })).toBe(0);
});

test('what gives no answer is down, and the rest is told all the same', async () => {
  const now = Date.now();
  metrics.ask({
    version: '1.2.3',
    access: null,
    dependencies: { database: () => new Promise(() => {}), broker: async () => null },
    store: { outboxBacklog: async () => ({ jobs: 2, oldestSince: now - 60_000 }) },
    tools: () => ({ count: 3, usable: true }),
  });
  const found = await scraped();
  expect(found.value('asya_build_info', { version: '1.2.3' })).toBe(1);
  expect(found.value('asya_dependency_up', { dependency: 'database' })).toBe(0);
  expect(found.value('asya_dependency_up', { dependency: 'broker' })).toBe(1);
  expect(found.value('asya_outbox_jobs')).toBe(2);
  expect(found.value('asya_outbox_oldest_seconds')).toBeGreaterThanOrEqual(60);
});
