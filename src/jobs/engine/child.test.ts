import { beforeEach, describe, expect, test } from 'vitest';
import { anIntake } from '../../../test/support/intake.ts';
import { memoryLog } from '../../../test/support/memory-log.ts';
import { MemoryBroker } from '../../memory/broker.ts';
import { MemoryJobStore } from '../../memory/job-store.ts';
import type { ActorReports } from './actor-reports.ts';
import type { ChildClaim } from '../child.ts';
import { everybody } from '../viewer.ts';
import { createEngine, type Engine } from './engine.ts';
import type { JobEvent, Succeeded } from '../event.ts';
import type { Job } from '../job.ts';
import type { ClientJobs } from './client-jobs.ts';
import type { Submission } from '../submission.ts';

/*
 * Fan-out children: jobs whose messages sidecars send by themselves.
 */

const submission: Submission = {
  tool: 'words',
  steps: ['split', 'count'],
  payload: {},
  metadata: { team: 'text' },
  headers: { traceparent: '00-1' },
  timeoutSeconds: 60,
  inputTimeoutSeconds: 60,
  heartbeatTimeoutSeconds: 5,
};

let now: number;
let store: MemoryJobStore;
let engine: Engine;
let jobs: ClientJobs;
let reports: ActorReports;
let parent: Job;

beforeEach(async () => {
  now = 1_000_000;
  const clock = (): number => now;
  const { log } = memoryLog();
  store = new MemoryJobStore();
  const intake = anIntake({ take: async () => ({ kind: 'unknown' }) });
  const broker = new MemoryBroker({ intake, log, clock });
  const limits = { unroutableGraceMs: 30_000, retentionMs: 0 };
  engine = createEngine({ store, publisher: broker, broker, clock, log, ...limits });
  ({ reports } = engine);
  jobs = engine.jobs.as(everybody);
  parent = await jobs.submit(submission);
  now += 10_000;
});

const succeeded: Succeeded = { type: 'succeeded', result: 3 };
const claim = (overrides: Partial<ChildClaim> = {}): ChildClaim => ({
  parentId: null,
  steps: [],
  orphan: 'refuse',
  ...overrides,
});

const child = (id: string, parentId = parent.id) => ({
  id,
  parentId,
  steps: ['split', 'count'],
  current: 1,
});

describe('register', () => {
  test('a child of a parent that waits for input has the time that the parent has left', async () => {
    await engine.events.apply(parent.id, {
      type: 'asked',
      step: 'count',
      stepIndex: 1,
      requests: { size: { method: 'elicitation/create', params: {} } },
      payload: {},
      metadata: {},
    });
    now += 20_000;
    const id = `${parent.id}-1`;
    await reports.register(child(id));
    expect(await jobs.get(id)).toMatchObject({ deadline: now + 50_000 });
  });

  test('a child goes on where its parent stood, and has its deadline', async () => {
    const id = `${parent.id}-1`;
    expect(await reports.register(child(id))).toBe(true);
    expect(await jobs.get(id)).toMatchObject({
      parentId: parent.id,
      tool: null,
      status: 'Pending',
      currentStep: 'count',
      stepsCompleted: 1,
      route: { current: 1, metadata: { team: 'text', job_id: id } },
      headers: { traceparent: '00-1' },
      deadline: parent.deadline,
      timeoutSeconds: 60,
      heartbeatTimeoutSeconds: 5,
      createdAt: now,
    });
  });

  test('it is never published', async () => {
    await reports.register(child('a-1'));
    const waiting = await store.claimOutbox(now * 2, now * 3, 100);
    expect(waiting.map(({ job }) => job.id)).toEqual([parent.id]);
  });

  test('again, also at the same time, it changes nothing', async () => {
    const both = await Promise.all([
      reports.register(child('a-1')),
      reports.register(child('a-1')),
    ]);
    expect(both.toSorted()).toEqual([false, true]);
    await reports.take({ jobId: 'a-1', event: succeeded });
    expect(await reports.register(child('a-1'))).toBe(false);
    expect(await jobs.get('a-1')).toMatchObject({ status: 'Succeeded' });
  });

  test('sent straight to the end it stands at its last step', async () => {
    await reports.register({ ...child('a-1'), current: 2 });
    expect(await jobs.get('a-1')).toMatchObject({
      currentStep: 'count',
      stepsCompleted: 2,
      route: { current: 1 },
    });
  });

  test('of an unknown parent it has no deadline', async () => {
    await reports.register({ ...child('a-1'), parentId: 'nobody' });
    expect(await jobs.get('a-1')).toMatchObject({ parentId: 'nobody', deadline: null });
  });
});

describe('a child of a parent that was cancelled', () => {
  beforeEach(async () => {
    await jobs.cancel(parent.id, 'enough');
  });

  const cancelled = {
    status: 'Cancelled',
    reason: 'CancelledByClient',
    error: 'its parent was cancelled',
  };

  test('is cancelled when it is registered, so that nobody works on it', async () => {
    const id = `${parent.id}-1`;
    expect(await reports.register(child(id))).toBe(true);
    expect(await jobs.get(id)).toMatchObject(cancelled);
    expect(await reports.isActive(id)).toBe(false);
  });

  test('is cancelled when its first report comes, unless that is its outcome', async () => {
    const [atWork, done] = [`${parent.id}-1`, `${parent.id}-2`];
    const beat: JobEvent = {
      type: 'heartbeat',
      actorName: 'count',
      stepStatus: 'processing',
      message: null,
    };
    await reports.take({ jobId: atWork, event: beat, child: claim() });
    await reports.take({ jobId: done, event: succeeded, child: claim() });
    expect(await jobs.get(atWork)).toMatchObject(cancelled);
    expect(await jobs.get(done)).toMatchObject({ status: 'Succeeded' });
  });

  test('is cancelled by whichever comes second, if both come at the same time', async () => {
    const other = await jobs.submit(submission);
    const ids = Array.from({ length: 20 }, (_, n) => `${other.id}-${n + 1}`);
    await Promise.all([
      ...ids.slice(0, 10).map((id) => reports.register(child(id, other.id))),
      jobs.cancel(other.id, null),
      ...ids.slice(10).map((id) => reports.register(child(id, other.id))),
    ]);
    const statuses = await Promise.all(ids.map(async (id) => (await jobs.get(id))?.status));
    expect(new Set(statuses)).toEqual(new Set(['Cancelled']));
  });
});

describe('the outcome of a child that nobody registered', () => {
  test('creates it, finished, with one update', async () => {
    const id = `${parent.id}-2`;
    const outcome = await reports.take({ jobId: id, event: succeeded, child: claim() });
    expect(outcome).toMatchObject({ kind: 'applied', update: { seq: 1, status: 'Succeeded' } });
    expect(await jobs.get(id)).toMatchObject({
      parentId: parent.id,
      status: 'Succeeded',
      result: 3,
      progressPercent: 100,
      stepsCompleted: 2,
      deadline: parent.deadline,
      finishedAt: now,
      seq: 1,
    });
    const [history] = await store.history([{ jobId: id, after: 0 }], 10);
    expect(history).toEqual([expect.objectContaining({ seq: 1, result: 3 })]);
  });

  test('is taken from a parent that was removed since, if the message names it', async () => {
    await reports.take({
      jobId: 'gone-1',
      event: succeeded,
      child: claim({ parentId: 'gone', steps: ['a'] }),
    });
    expect(await jobs.get('gone-1')).toMatchObject({ parentId: 'gone', route: { steps: ['a'] } });
  });

  test.each(['nobody-1', 'nobody', '01a203f6-49ac-72cf-8c6c-596f59570302'])(
    'is nobody’s if neither the message nor the id %s leads to a parent',
    async (id) => {
      expect(await reports.take({ jobId: id, event: succeeded, child: claim() })).toEqual({
        kind: 'unknown',
      });
      expect(await jobs.get(id)).toBeNull();
    },
  );

  test('is kept without a parent if its reporter can mean nothing else', async () => {
    await reports.take({ jobId: 'nobody-1', event: succeeded, child: claim({ orphan: 'create' }) });
    expect(await jobs.get('nobody-1')).toMatchObject({ parentId: null, status: 'Succeeded' });
  });

  test('comes once, however many report it at the same time', async () => {
    const id = `${parent.id}-3`;
    const outcomes = await Promise.all(
      [3, 3, 4].map((result) =>
        reports.take({ jobId: id, event: { type: 'succeeded', result }, child: claim() }),
      ),
    );
    const kinds = outcomes.map((o) => (o.kind === 'refused' ? o.refusal : o.kind));
    expect(kinds).toEqual(['applied', 'repeated', 'conflict']);
  });

  test('needs a claim: else an unknown job stays unknown', async () => {
    expect(await reports.take({ jobId: `${parent.id}-2`, event: succeeded })).toEqual({
      kind: 'unknown',
    });
  });
});
