import { pino } from 'pino';
import { expect, test } from 'vitest';
import { MemoryJobStore } from '../../memory/job-store.ts';
import { holdTimers } from '../../../test/support/held-timers.ts';
import { aJob } from '../../../test/support/jobs.ts';
import { withOutages } from '../../../test/support/outage.ts';
import { JobEvents } from './job-events.ts';
import { StoreUnavailable, type ApplyOutcome } from '../ports/job-store.ts';
import { announceEnds } from '../ports/announcer.ts';
import type { CalledOffJob } from '../ports/broker.ts';
import { Reaper } from './reaper.ts';

const log = pino({ level: 'silent' });

function aReaper(retentionMs = 0) {
  const store = new MemoryJobStore();
  const time = { now: 1_000_000 };
  const calledOff: CalledOffJob[] = [];
  const announcer = { calledOff: (job: CalledOffJob) => void calledOff.push(job) };
  const clock = () => time.now;
  const afterCommit = [(outcomes: readonly ApplyOutcome[]) => announceEnds(announcer, outcomes)];
  const events = new JobEvents({ store, clock, afterCommit });
  const reaper = new Reaper({ store, events, clock, log, retentionMs });
  return { store, time, calledOff, reaper };
}

test('invariant 5: ends jobs from their deadline on, and no other', async () => {
  const { store, time, calledOff, reaper } = aReaper();
  const [due, later] = [aJob({ deadline: 1_000_500 }), aJob({ deadline: 1_000_501 })];
  await store.create([due, later], 0);
  await reaper.endDueOnce();
  expect(await store.get([due.id])).toMatchObject([{ status: 'Pending' }]);
  time.now = 1_000_500;
  await reaper.endDueOnce();
  expect(await store.get([due.id, later.id])).toMatchObject([
    { status: 'Failed', reason: 'DeadlineExceeded', error: 'job timed out', finishedAt: 1_000_500 },
    { status: 'Pending' },
  ]);
  expect(calledOff).toEqual([{ jobId: due.id, reason: 'DeadlineExceeded' }]);
});

test('invariant 5: ends a job within 2 s of its deadline, whenever that is', async () => {
  using timers = holdTimers();
  const { store, time, reaper } = aReaper();
  await reaper.start();
  for (const offset of [1, 250, 499, 500, 733]) {
    const deadline = time.now + offset;
    const job = aJob({ deadline });
    await store.create([job], 0);
    const status = async () => (await store.get([job.id]))[0]?.status;
    while ((await status()) === 'Pending' && time.now < deadline + 10_000) {
      time.now += 1;
      await timers.pass(1);
    }
    const [ended] = await store.get([job.id]);
    expect(ended).toMatchObject({ reason: 'DeadlineExceeded' });
    expect((ended?.finishedAt ?? 0) - deadline).toBeLessThan(2_000);
  }
  await reaper.stop();
});

test('ends a job whose actor fell silent', async () => {
  const { store, time, reaper } = aReaper();
  const job = aJob({ heartbeatTimeoutSeconds: 2, deadline: 2_000_000 });
  await store.create([job], 0);
  const beat = {
    type: 'heartbeat',
    actorName: 'download',
    stepStatus: 'received',
    message: null,
  } as const;
  await reaper.endDueOnce();
  await store.apply([{ jobId: job.id, event: beat }], time.now);
  time.now += 1_999;
  await reaper.endDueOnce();
  expect(await store.get([job.id])).toMatchObject([{ status: 'Running' }]);
  time.now += 1;
  await reaper.endDueOnce();
  expect(await store.get([job.id])).toMatchObject([{ status: 'Failed', reason: 'HeartbeatLost' }]);
});

test('silence is not held against actors that nobody could hear', async () => {
  const inner = new MemoryJobStore();
  const outage = withOutages(inner);
  const time = { now: 1_000_000 };
  let hearing = true;
  const clock = () => time.now;
  const canHear = () => hearing;
  const { store } = outage;
  const events = new JobEvents({ store, clock, afterCommit: [] });
  const reaper = new Reaper({ store, events, clock, log, retentionMs: 0, canHear });
  const [job, timed] = [2, 0].map((heartbeatTimeoutSeconds) =>
    aJob({ heartbeatTimeoutSeconds, deadline: heartbeatTimeoutSeconds === 0 ? 1_060_000 : null }),
  );
  if (job === undefined || timed === undefined) throw new Error('two jobs');
  await inner.create([job, timed], 0);
  const event = {
    type: 'heartbeat',
    actorName: 'download',
    stepStatus: 'received',
    message: null,
  } as const;
  const statuses = async () => (await inner.get([job.id, timed.id])).map((found) => found?.status);

  await reaper.endDueOnce();
  await inner.apply([{ jobId: job.id, event }], time.now);
  outage.away = true;
  time.now += 60_000;
  await expect(reaper.endDueOnce()).rejects.toThrow(StoreUnavailable);
  outage.away = false;
  hearing = false;
  await reaper.endDueOnce();
  // A deadline is due all the same.
  expect(await statuses()).toEqual(['Running', 'Failed']);
  time.now += 60_000;
  await reaper.endDueOnce();
  hearing = true;
  time.now += 1_999;
  await reaper.endDueOnce();
  expect(await statuses()).toEqual(['Running', 'Failed']);
  time.now += 1;
  await reaper.endDueOnce();
  expect(await statuses()).toEqual(['Failed', 'Failed']);
});

test('works through a backlog batch by batch', async () => {
  const { store, reaper } = aReaper();
  const jobs = Array.from({ length: 501 }, () => aJob({ deadline: 1 }));
  await store.create(jobs, 0);
  expect(await reaper.endDueOnce()).toBe(true);
  expect(await reaper.endDueOnce()).toBe(false);
  const ended = await store.get(jobs.map(({ id }) => id));
  expect(ended.every((job) => job?.status === 'Failed')).toBe(true);
});

test('removes jobs finished longer ago than the retention, or none if it is 0', async () => {
  for (const retentionMs of [5_000, 0]) {
    const { store, time, reaper } = aReaper(retentionMs);
    const [old, young] = [aJob(), aJob()];
    await store.create([old, young], 0);
    const event = { type: 'succeeded', result: 1 } as const;
    await store.apply([{ jobId: old.id, event }], time.now - 5_001);
    await store.apply([{ jobId: young.id, event }], time.now - 5_000);
    await reaper.purgeOnce();
    const left = await store.get([old.id, young.id]);
    const expected = retentionMs === 0 ? [old.id, young.id] : [undefined, young.id];
    expect(left.map((job) => job?.id)).toEqual(expected);
  }
});
