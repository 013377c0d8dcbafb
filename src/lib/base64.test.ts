import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBase64 } from './base64.ts';

test('is what encoders write', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      expect(isBase64(Buffer.from(bytes).toString('base64'))).toBe(true);
    }),
  );
});

test('is exactly the text that decoding and encoding gives again', () => {
  const text = fc.stringMatching(/^[A-Za-z0-9+/=\n_-]{0,9}$/);
  fc.assert(
    fc.property(text, (any) => {
      expect(isBase64(any)).toBe(Buffer.from(any, 'base64').toString('base64') === any);
    }),
  );
});

test.each([
  'A',
  'AA',
  'AAA',
  'AB==',
  'AAB=',
  'A===',
  '====',
  'AA=A',
  'AAAA\n',
  'AA__',
  'not base64',
])('is not %j', (text) => {
  expect(isBase64(text)).toBe(false);
});
