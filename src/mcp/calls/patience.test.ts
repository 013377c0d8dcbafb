import { expect, test } from 'vitest';
import { PatienceClock } from './patience.ts';

const running = (timestamp: number) => ({ status: 'Running', timestamp }) as const;
const asking = (timestamp: number) => ({ status: 'InputRequired', timestamp }) as const;

test('a wait lasts as long as it was given', () => {
  const clock = new PatienceClock(25);
  expect(clock.msLeft(0)).toBe(25);
  clock.see(running(10));
  expect(clock.msLeft(10)).toBe(15);
  expect(clock.msLeft(30)).toBe(0);
});

test('it stands still while the job asks', () => {
  const clock = new PatienceClock(25);
  clock.see(asking(5));
  expect(clock.standsStill).toBe(true);
  expect(clock.msLeft(1_000)).toBe(Infinity);
  // Some of the answers came.
  clock.see(asking(60));
  expect(clock.msLeft(1_000)).toBe(Infinity);
  clock.see(running(65));
  expect(clock.standsStill).toBe(false);
  expect(clock.until).toBe(85);
  clock.see(asking(70));
  clock.see(running(100));
  expect(clock.msLeft(100)).toBe(15);
});

test('a question that comes after its end does not begin it anew', () => {
  const clock = new PatienceClock(25);
  clock.see(asking(25));
  clock.see(running(60));
  expect(clock.until).toBe(25);
  expect(clock.msLeft(26)).toBe(0);
});

test('one without an end has none', () => {
  const clock = new PatienceClock(Infinity);
  clock.see(asking(5));
  clock.see(running(60));
  expect(clock.msLeft(100)).toBe(Infinity);
});
