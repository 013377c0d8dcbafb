import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMultiple } from './decimal.ts';

describe('a multiple', () => {
  test.each([
    [19.99, 0.01],
    [-19.99, 0.01],
    [0.3, 0.1],
    [1.1, 0.1],
    [4.35, 0.001],
    [123_456_789.123, 0.001],
    [0.0000003, 1e-7],
    [1e-7, 1e-8],
    [0, 0.01],
    [-0, 0.01],
    [7, 0.5],
    [1e21, 1e20],
    [1e300, 0.1],
    [1.5e-300, 5e-301],
    [9_007_199_254_740_991, 1],
    [12, 4],
  ])('%d of %d', (value, step) => {
    expect(isMultiple(value, step)).toBe(true);
  });
});

describe('no multiple', () => {
  test.each([
    [19.991, 0.01],
    [-0.05, 0.1],
    [0.25, 0.1],
    [1, 1e10],
    [5e-8, 1e-7],
    [123_456_789.1234, 0.001],
    [0.1, 1],
    [13, 4],
    [1e300, 7],
    // What three additions of 0.1 give is not 0.3.
    [0.1 + 0.2, 0.1],
  ])('%d of %d', (value, step) => {
    expect(isMultiple(value, step)).toBe(false);
  });
});

test('every decimal is a multiple of its own last digit, and of no coarser step', () => {
  const digits = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
  const places = fc.integer({ min: 0, max: 6 });
  fc.assert(
    fc.property(digits, places, (digits, places) => {
      const value = Number(`${digits}e-${places}`);
      expect(isMultiple(value, Number(`1e-${places}`))).toBe(true);
      expect(isMultiple(value, Number(`1e${1 - places}`))).toBe(digits % 10 === 0);
    }),
  );
});
