import { describe, expect, test } from 'vitest';
import { eventOf, MalformedReport, parseReport } from './report.ts';

const heartbeat = { type: 'heartbeat', job_id: 'J1', actor_name: 'a', status: 'processing' };

describe('a report', () => {
  test('may write null for whatever is optional', () => {
    expect(parseReport({ ...heartbeat, message: null })).toMatchObject({
      event: { message: null },
    });
    const failed = { type: 'final', job_id: 'J1', status: 'failed', error: null, result: null };
    expect(parseReport({ ...failed, error_details: { message: 'why' } })).toMatchObject({
      event: { type: 'failed', error: 'why' },
    });
    expect(parseReport(failed)).toMatchObject({ event: { error: 'the actor gave no error text' } });
  });

  test('is refused with the name of the field that is wrong', () => {
    expect(() => parseReport({ ...heartbeat, status: 'sleeping' })).toThrow(/status/);
    expect(() => parseReport({ ...heartbeat, job_id: 'a b' })).toThrow(/job_id/);
    expect(() => parseReport({ job_id: 'J1' })).toThrow(MalformedReport);
    const progress = { step: 'a', step_index: 2, total_steps: 2, status: 'received' } as const;
    expect(() => eventOf({ type: 'progress', job_id: 'J1', ...progress })).toThrow(
      'step_index 2 must be below total_steps 2',
    );
    const requests = { size: { method: 'elicitation/create', params: {} } };
    const asked = { type: 'input_required', job_id: 'J1', step: 'a', payload: null, requests };
    expect(() => parseReport({ ...asked, step_index: 2, steps: ['a', 'b'] })).toThrow(
      'step_index 2 must be an index into steps',
    );
    expect(() => parseReport({ ...asked, step_index: 0 })).toThrow(/steps/);
  });
});

describe('text', () => {
  test('of a message is cut, and never in the middle of a character', () => {
    const message = `${'x'.repeat(4_094)}\u{1F600}${'y'.repeat(70_000)}`;
    const { event } = parseReport({ ...heartbeat, message });
    const cut = event.type === 'heartbeat' ? (event.message ?? '') : '';
    expect(cut).toHaveLength(4_096);
    expect(cut.isWellFormed()).toBe(true);
    expect(cut.endsWith('…')).toBe(true);
  });

  test('of an error is kept whole', () => {
    const error = 'e'.repeat(70_000);
    const report = { ...heartbeat, status: 'error', message: error };
    expect(parseReport(report)).toMatchObject({ event: { type: 'failed', error } });
  });
});
