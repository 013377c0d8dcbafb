import { describe, expect, test } from 'vitest';
import { rejectedFinal, rejectedInstead, rejectedReport, sizeFault } from './rejected-report.ts';

const rejected = { type: 'failed', reason: 'ResultRejected', error: 'why', details: null };

describe('what cannot be taken', () => {
  test('rejects a success, and a question', () => {
    const success = { type: 'final', job_id: 'J1', status: 'succeeded' };
    expect(rejectedReport(success, 'why')).toEqual({ jobId: 'J1', event: rejected });
    const question = { type: 'input_required', job_id: 'J1' };
    expect(rejectedReport(question, 'why')).toEqual({ jobId: 'J1', event: rejected });
  });

  test('leaves a failure one, told by a final or a heartbeat', () => {
    const final = { type: 'final', job_id: 'J1', status: 'failed', error: 'bad' };
    const beat = { type: 'heartbeat', job_id: 'J1', status: 'error', message: 'bad' };
    for (const report of [final, beat]) {
      expect(rejectedReport(report, 'why')?.event).toMatchObject({
        reason: 'ActorError',
        error: 'bad: why',
      });
    }
    expect(rejectedReport({ ...final, error: null }, 'why')?.event).toMatchObject({ error: 'why' });
  });

  test.each([{ status: 'done' }, {}])(
    'takes a final for an end, whatever its status: %j',
    (status) => {
      const members = { type: 'final', job_id: 'J1', ...status };
      expect(rejectedReport(members, 'why')?.event).toMatchObject({ reason: 'ResultRejected' });
    },
  );

  test.each([
    { type: 'final', status: 'succeeded' },
    { type: 'final', job_id: 'no id', status: 'succeeded' },
    { type: 'heartbeat', job_id: 'J1', status: 'processing' },
    { type: 'progress', job_id: 'J1', status: 'completed' },
    { job_id: 'J1', status: 'succeeded' },
    {},
  ])('says nothing of a job where it tells of no outcome: %j', (members) => {
    expect(rejectedReport(members, 'why')).toBeNull();
  });

  test('belongs to the attempt that it tells, and to the child', () => {
    const final = { type: 'final', job_id: 'J1-1', parent_id: 'J1', attempt: 2 };
    expect(rejectedReport({ ...final, status: 'succeeded' }, 'why')).toEqual({
      jobId: 'J1-1',
      event: { ...rejected, attempt: 2 },
      child: { parentId: 'J1', steps: [], orphan: 'create' },
    });
    expect(rejectedFinal({ status: 'failed', metadata: { attempt: 3 } }, 'why')).toMatchObject({
      attempt: 3,
    });
    const failed = { ...rejected, type: 'failed', reason: 'ActorError', attempt: 2 } as const;
    expect(rejectedInstead({ jobId: 'J1', event: failed }, 'why').event).toEqual({
      ...rejected,
      attempt: 2,
    });
  });
});

test('a result is measured as it is written, whatever stands around it', () => {
  const bodyOf = (bytes: number) =>
    Buffer.from(`{"id":"${'i'.repeat(500)}","result":"${'x'.repeat(bytes - 2)}"}`);
  expect(sizeFault(bodyOf(9_999), 10_000)).toBeNull();
  expect(sizeFault(bodyOf(10_000), 10_000)).toBeNull();
  expect(sizeFault(bodyOf(10_001), 10_000)).toMatch(/10001 bytes: ASYA_MAX_RESULT_BYTES .* 10000/);
  expect(sizeFault(bodyOf(200_000), 10_000)).toMatch(/2005\d\d bytes/);
});
