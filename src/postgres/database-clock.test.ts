import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseClock } from './database-clock.ts';

/** What this machine shows: its wall clock, and its monotonic one. */
let machine: { wall: number; monotonic: number };

beforeEach(() => {
  machine = { wall: 1_000_000, monotonic: 400 };
  vi.spyOn(Date, 'now').mockImplementation(() => machine.wall);
  vi.spyOn(performance, 'now').mockImplementation(() => machine.monotonic);
});

afterEach(() => void vi.restoreAllMocks());

function pass(ms: number): void {
  machine.wall += ms;
  machine.monotonic += ms;
}

/** The database's time, read in the middle of a call that takes so long. */
function look(clock: DatabaseClock, time: number, roundTripMs = 0): Promise<number> {
  return clock.look(async () => {
    pass(roundTripMs);
    return time;
  });
}

test('shows the database’s time from the first look on, and goes on by itself', async () => {
  const clock = new DatabaseClock();
  expect(clock.now()).toBe(1_000_000);
  await look(clock, 5_000_000);
  expect(clock.now()).toBe(5_000_000);
  pass(20);
  expect(clock.now()).toBe(5_000_020);
});

test('takes the time for that of the middle of the look', async () => {
  const clock = new DatabaseClock();
  await look(clock, 5_000_000, 40);
  expect(clock.now()).toBe(5_000_020);
});

test('does not follow this machine’s clock when that is set', async () => {
  const clock = new DatabaseClock();
  await look(clock, 5_000_000);
  machine.wall = 9_000_000_000_000;
  pass(1);
  expect(clock.now()).toBe(5_000_001);
});

test('follows the database’s, but not within what a look cannot tell', async () => {
  const clock = new DatabaseClock();
  await look(clock, 5_000_000);
  expect(await look(clock, 5_000_000 + 25 + 50, 50)).toBe(0);
  expect(clock.now()).toBe(5_000_050);
  expect(await look(clock, 5_000_050 + 25 + 51, 50)).toBe(51);
  expect(clock.now()).toBe(5_000_151);
  await look(clock, 8_000_000, 50);
  expect(clock.now()).toBe(8_000_025);
});
