import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callAfter, callEvery } from './timer.ts';

const day = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('callAfter', () => {
  it.each([{ days: 1 }, { days: 24.9 }, { days: 100 }])('waits for $days days', ({ days }) => {
    const callback = vi.fn<() => void>();
    callAfter(days * day, callback);
    vi.advanceTimersByTime(days * day - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  });

  it('never calls after an infinite time', () => {
    const callback = vi.fn<() => void>();
    callAfter(Infinity, callback);
    vi.advanceTimersByTime(1_000 * day);
    expect(callback).not.toHaveBeenCalled();
  });

  it('is stopped at any time, and twice', () => {
    const callback = vi.fn<() => void>();
    const stop = callAfter(100 * day, callback);
    vi.advanceTimersByTime(50 * day);
    stop();
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('callEvery', () => {
  it('calls again and again, with any time between', () => {
    const callback = vi.fn<() => void>();
    callEvery(30 * day, callback);
    vi.advanceTimersByTime(30 * day - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60 * day + 1);
    expect(callback).toHaveBeenCalledTimes(3);
  });

  it('is stopped by its own callback', () => {
    const callback = vi.fn<() => void>(() => stop());
    const stop = callEvery(10, callback);
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});
