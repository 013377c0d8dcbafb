import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMirrored } from './mirrored-headers.ts';

function encoded(value: string): string {
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

describe('a mirrored value', () => {
  test.each([
    'us-west1',
    '',
    'with space',
    '=?base64?SGVsbG8=',
    'SGVsbG8=?=',
    '=?BASE64?SGVsbG8=?=',
  ])('without both markers is literal: %j', (value) => {
    expect(decodeMirrored(value)).toBe(value);
  });

  test('between the markers is base64 of UTF-8, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(decodeMirrored(encoded(value))).toBe(value);
      }),
    );
    expect(decodeMirrored(encoded('\u{feff}mark'))).toBe('\u{feff}mark');
  });

  test.each([
    ['lacks its padding', '=?base64?SGVsbG8?='],
    ['holds other characters', '=?base64?SGVs!!!bG8=?='],
    ['is not UTF-8', '=?base64?/w==?='],
    ['is not ASCII', 'Gr\u{fc}n'],
    ['holds a control character', 'a\u{1}b'],
  ])('that %s is none', (_name, value) => {
    expect(decodeMirrored(value)).toBeNull();
  });
});
