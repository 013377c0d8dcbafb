import { describe, expect, test } from 'vitest';
import { aJob } from '../../test/support/jobs.ts';
import { jobStatuses, type Job, type JobStatus } from '../jobs/job.ts';
import { legacyTask } from './legacy/task.ts';
import { modernTask } from './modern/task.ts';

/* A job's status as a task's, in both versions that have tasks. */

interface Row {
  readonly job: Job;
  readonly modern: object;
  readonly legacy: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
}

const isError = { content: [], isError: true };

const rows: Readonly<Record<string, Row>> = {
  Pending: {
    job: aJob(),
    modern: { status: 'working', statusMessage: 'queued' },
    legacy: 'working',
  },
  Running: {
    job: aJob({
      status: 'Running',
      route: { steps: ['download', 'enhance'], current: 1, metadata: {} },
      currentStep: 'enhance',
      progressPercent: 75.9,
    }),
    modern: { status: 'working', statusMessage: 'step 2 of 2 · enhance · 75 %' },
    legacy: 'working',
  },
  InputRequired: {
    job: aJob({ status: 'InputRequired', message: 'Which one?' }),
    modern: { status: 'input_required', statusMessage: 'Which one?', inputRequests: {} },
    legacy: 'input_required',
  },
  Succeeded: {
    job: aJob({ status: 'Succeeded', result: [1], message: 'Job succeeded' }),
    modern: {
      status: 'completed',
      statusMessage: 'Job succeeded',
      result: { resultType: 'complete', structuredContent: [1], isError: false },
    },
    legacy: 'completed',
  },
  'Succeeded with a result that is an error': {
    job: aJob({ status: 'Succeeded', result: isError }),
    modern: { status: 'completed', result: { resultType: 'complete', ...isError } },
    legacy: 'failed',
  },
  'Failed by its actor': {
    job: aJob({ status: 'Failed', reason: 'ActorError', error: 'cannot' }),
    modern: { status: 'completed', statusMessage: 'cannot', result: { isError: true } },
    legacy: 'failed',
  },
  'Failed by its deadline': {
    job: aJob({ status: 'Failed', reason: 'DeadlineExceeded', error: 'job timed out' }),
    modern: { status: 'completed', statusMessage: 'job timed out', result: { isError: true } },
    legacy: 'failed',
  },
  'Failed by the infrastructure': {
    job: aJob({ status: 'Failed', reason: 'Unroutable', error: 'no queue' }),
    modern: {
      status: 'failed',
      statusMessage: 'no queue',
      error: { code: -32603, message: 'no queue', data: { reason: 'Unroutable' } },
    },
    legacy: 'failed',
  },
  Cancelled: {
    job: aJob({ status: 'Cancelled', reason: 'CancelledByClient', message: 'Job cancelled' }),
    modern: { status: 'cancelled', statusMessage: 'Job cancelled' },
    legacy: 'cancelled',
  },
};

describe.each(Object.entries(rows))('a job that is %s', (_name, { job, modern, legacy }) => {
  test('as a task of 2026-07-28', () => {
    expect(modernTask(job, 60, [])).toMatchObject({ taskId: job.id, ...modern });
  });

  test('as a task of 2025-11-25', () => {
    const task = legacyTask(job, 60);
    expect(task).toMatchObject({ taskId: job.id, status: legacy });
    expect(task).not.toHaveProperty('result');
  });
});

test('every status is in the table', () => {
  const covered = new Set<JobStatus>(Object.values(rows).map(({ job }) => job.status));
  expect([...covered]).toEqual(expect.arrayContaining([...jobStatuses]));
});

test('instants are RFC 3339', () => {
  expect(modernTask(aJob({ createdAt: 0, updatedAt: 1_500 }), 60, [])).toMatchObject({
    createdAt: '1970-01-01T00:00:00.000Z',
    lastUpdatedAt: '1970-01-01T00:00:01.500Z',
  });
});

describe('the time a task can be asked for', () => {
  test.each<[string, Partial<Job>, number, number | null]>([
    ['with a deadline lasts as long after it as jobs are kept', { deadline: 5_000 }, 60, 65_000],
    ['without a deadline has no limit', { deadline: null }, 60, null],
    [
      'of a finished one is counted from its end',
      { deadline: 5_000, finishedAt: 2_000 },
      60,
      62_000,
    ],
    ['has no limit where jobs are kept for ever', { finishedAt: 2_000 }, 0, null],
  ])('%s', (_name, job, retentionSeconds, expected) => {
    const asked = aJob({ createdAt: 0, ...job });
    expect(modernTask(asked, retentionSeconds, []).ttlMs).toBe(expected);
    expect(legacyTask(asked, retentionSeconds).ttl).toBe(expected);
  });
});
