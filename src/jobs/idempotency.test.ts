import { describe, expect, test } from 'vitest';
import { validate, version } from 'uuid';
import { idOfKey, keyFault } from './idempotency.ts';

describe('idOfKey', () => {
  test('is a UUIDv8 that the scope and the key decide', () => {
    const id = idOfKey(null, 'order 7');
    expect([validate(id), version(id)]).toEqual([true, 8]);
    expect(idOfKey(null, 'order 7')).toBe(id);
    const others = [idOfKey(null, 'order 8'), idOfKey('a', 'order 7'), idOfKey('', 'order 7')];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  test('keeps scope and key apart', () => {
    expect(idOfKey('a', 'b,c')).not.toBe(idOfKey('a,b', 'c'));
    expect(idOfKey('a"', 'b')).not.toBe(idOfKey('a', '"b'));
  });
});

test.each([
  ['x', null],
  ['x'.repeat(255), null],
  ['ü'.repeat(127), null],
  ['', 'must be 1 to 255 bytes long'],
  ['x'.repeat(256), 'must be 1 to 255 bytes long'],
  ['ü'.repeat(128), 'must be 1 to 255 bytes long'],
  [7, 'must be a text'],
])('a key of %s', (key, fault) => {
  expect(keyFault(key)).toBe(fault);
});
