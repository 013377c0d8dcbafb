import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { DatabaseClock } from './database-clock.ts';

afterEach(() => void vi.restoreAllMocks());

/** Timers count whole milliseconds, and the machine may be busy. */
const near = (time: number, wanted: number) => Math.abs(time - wanted) < 500;

test('shows the database’s time from the first look on, and goes on by itself', async () => {
  const clock = new DatabaseClock();
  expect(near(clock.now(), Date.now())).toBe(true);
  await clock.look(async () => 5_000_000);
  expect(near(clock.now(), 5_000_000)).toBe(true);
  const earlier = clock.now();
  await pause(20);
  expect(clock.now()).toBeGreaterThan(earlier);
});

test('does not follow this machine’s clock when that is set', async () => {
  const clock = new DatabaseClock();
  await clock.look(async () => 5_000_000);
  vi.spyOn(Date, 'now').mockReturnValue(9_000_000_000_000);
  expect(near(clock.now(), 5_000_000)).toBe(true);
});

test('follows the database’s, but not within what a look cannot tell', async () => {
  const clock = new DatabaseClock();
  await clock.look(async () => 5_000_000);
  const slowly = async (time: number) => {
    await pause(50);
    return time;
  };
  expect(await clock.look(() => slowly(clock.now() + 20))).toBe(0);
  await clock.look(() => slowly(8_000_000));
  expect(near(clock.now(), 8_000_000)).toBe(true);
});
