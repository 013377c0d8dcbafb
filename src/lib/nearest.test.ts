import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['paramters', 'parameters'],
  ['titel', 'title'],
  ['rout', 'route'],
  ['Name', 'name'],
  ['colour', null],
  ['x', null],
  ['', null],
])('for %s there is %s', (word, meant) => {
  expect(nearest(word, ['name', 'title', 'route', 'parameters', 'a'])).toBe(meant);
});

test('the nearest of several wins', () => {
  expect(nearest('timeuot', ['timer', 'timeouts', 'timeout'])).toBe('timeout');
});
