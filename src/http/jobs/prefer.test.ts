import { expect, test } from 'vitest';
import { preferredWait } from './prefer.ts';

test.each([
  ['wait=10', 10],
  ['wait=0', 0],
  ['Wait = 10', 10],
  ['wait="10"', 10],
  ['respond-async, wait=10', 10],
  ['respond-async,wait=10;unit=s', 10],
  ['wait=10, wait=20', 10],
  ['wait=999999999', 3_600],
])('%s asks for %i seconds', (prefer, seconds) => {
  expect(preferredWait(prefer)).toBe(seconds);
});

test.each([
  undefined,
  '',
  'respond-async',
  'wait',
  'wait=',
  'wait=soon',
  'wait=-1',
  'wait=1.5',
  'respond-async; wait=10',
  'await=10',
])('%s asks for no wait', (prefer) => {
  expect(preferredWait(prefer)).toBeNull();
});

test('a header sent twice counts as one list', () => {
  expect(preferredWait(['respond-async', 'wait=10'])).toBe(10);
});
