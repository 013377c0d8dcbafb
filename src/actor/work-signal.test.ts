import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WorkSignal } from './work-signal.ts';

const day = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a deadline', () => {
  it.each([{ days: 1 }, { days: 25 }, { days: 400 }, { days: 36_500 }])(
    'in $days days stops the work then, and not before',
    ({ days }) => {
      const work = new WorkSignal(Date.now() + days * day);
      vi.advanceTimersByTime(days * day - 1);
      expect(work.stop).toBeNull();
      expect(work.signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(work.stop).toBe('past its deadline');
      expect(work.signal.reason).toMatchObject({ name: 'TimeoutError' });
    },
  );

  it('leaves no timer behind when the work is done', () => {
    const work = new WorkSignal(Date.now() + 100 * day);
    work.release();
    expect(vi.getTimerCount()).toBe(0);
  });
});
