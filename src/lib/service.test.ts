import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PeriodicLoop } from './service.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A loop that counts its rounds. */
function counting(round: (n: number) => Promise<boolean | void> = async () => {}) {
  const state = { rounds: 0, errors: [] as unknown[] };
  const loop = new PeriodicLoop({
    everyMs: 1_000,
    runOnce: () => round(++state.rounds),
    onError: (error) => state.errors.push(error),
  });
  return { loop, state };
}

test('runs at once, then after each pause, until stopped', async () => {
  const { loop, state } = counting();
  await loop.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.rounds).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state.rounds).toBe(3);
  await loop.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(state.rounds).toBe(3);
});

test('leaves the pause out while there is more', async () => {
  const { loop, state } = counting(async (n) => n < 5);
  await loop.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.rounds).toBe(5);
  await loop.stop();
});

test('wakes from its pause, and a wake during a round is not lost', async () => {
  const round = Promise.withResolvers<void>();
  const { loop, state } = counting(async (n) => (n === 2 ? round.promise : undefined));
  await loop.start();
  await vi.advanceTimersByTimeAsync(0);
  loop.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.rounds).toBe(2);
  loop.wake();
  round.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(state.rounds).toBe(3);
  await loop.stop();
});

test('outlives a failing round', async () => {
  const { loop, state } = counting(async (n) => {
    if (n === 1) throw new Error('first');
  });
  await loop.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(state).toMatchObject({ rounds: 2, errors: [new Error('first')] });
  await loop.stop();
});

test('stop waits for the round under way, and may be called twice', async () => {
  const round = Promise.withResolvers<void>();
  const { loop } = counting(() => round.promise);
  await loop.start();
  let stopped = false;
  const stopping = Promise.all([loop.stop(), loop.stop()]).then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(stopped).toBe(false);
  round.resolve();
  await stopping;
});
