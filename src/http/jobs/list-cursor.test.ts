import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './list-cursor.ts';

test('a cursor tells a place in the list', () => {
  const place = fc.record({
    createdAt: fc.integer({ min: 0, max: 253_402_300_799_999 }),
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
  });
  fc.assert(
    fc.property(place, (position) => {
      expect(decodeCursor(encodeCursor(position))).toEqual(position);
    }),
  );
});

const cursor = encodeCursor({ createdAt: 1_763_825_000_123, id: 'job-1' });

test.each([
  ['with a character that base64 skips', `${cursor}!`],
  ['with padding', `${cursor}=`],
  ['in the other alphabet', Buffer.from('1763825000123 job-1').toString('base64')],
  ['with a number that begins with zeros', encoded('001763825000123 job-1')],
  [
    'with a byte that is not UTF-8',
    Buffer.from('1763825000123 \xff', 'latin1').toString('base64url'),
  ],
])('a cursor has no other spelling, such as one %s', (_name, text) => {
  expect(text).not.toBe(cursor);
  expect(decodeCursor(text)).toBeNull();
});

test('a place that no job can have is none', () => {
  expect(decodeCursor(encoded('999999999999999 job'))).toBeNull();
  expect(decodeCursor(encoded('1 no job'))).toBeNull();
  expect(decodeCursor('')).toBeNull();
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
