import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from './json.ts';
import { jsonSize } from './json-size.ts';

test('is near the length of the text, and grows with it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      // Escapes and long numbers make the text longer, brackets and small values shorter.
      expect(jsonSize(value as Json)).toBeGreaterThanOrEqual(text.length / 12);
      expect(jsonSize(value as Json)).toBeLessThanOrEqual(text.length * 8 + 8);
    }),
  );
  expect(jsonSize('x'.repeat(1_000))).toBe(1_008);
});

test('of a deep value is found without overflowing the stack', () => {
  let deep: Json = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  expect(jsonSize(deep)).toBe(800_008);
});
