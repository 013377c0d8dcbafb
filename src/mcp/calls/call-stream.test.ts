import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventIdsOf, readEventId, type CallStream } from './call-stream.ts';

const stream: CallStream = {
  jobId: '0193c5a1-7c00-7000-8000-000000000001',
  requestId: 3,
  progressToken: 3,
  patience: { until: 1_763_825_025_000, instead: 'handle' },
};

const idOrToken = fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'binary', maxLength: 40 }));

const anyStream: fc.Arbitrary<CallStream> = fc.record({
  jobId: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
  requestId: idOrToken,
  progressToken: fc.option(idOrToken),
  patience: fc.option(
    fc.record({ until: fc.nat(), instead: fc.constantFrom('handle', 'status' as const) }),
  ),
});

describe('an event id', () => {
  test('tells all there is to know of its stream, and the place in it', () => {
    fc.assert(
      fc.property(
        anyStream,
        fc.oneof(fc.nat(999_999_999), fc.constant('end' as const)),
        (any, at) => {
          const id = eventIdsOf(any)?.(at) ?? '';
          expect(readEventId(id)).toEqual([any, at]);
          // What a header may hold.
          expect(id).toMatch(/^[\x21-\x7e]+$/);
        },
      ),
    );
  });

  test('is short', () => {
    expect(eventIdsOf(stream)?.(12)).toHaveLength(36 + '.12.'.length + 38);
  });

  test('is none where it would be too long to be sent back', () => {
    expect(eventIdsOf({ ...stream, requestId: 'x'.repeat(700) })).not.toBeNull();
    expect(eventIdsOf({ ...stream, requestId: 'x'.repeat(800) })).toBeNull();
  });
});

describe('readEventId', () => {
  const encodeText = (json: string): string => `j.7.${Buffer.from(json).toString('base64url')}`;
  const encode = (rest: unknown): string =>
    `j.1.${Buffer.from(JSON.stringify(rest)).toString('base64url')}`;

  test('reads what it should', () => {
    expect(readEventId(encode(['r', null, null, null]))).not.toBeNull();
  });

  test.each([
    '',
    'j',
    'j.1',
    'j.1.',
    'j.x.WzEsbnVsbCxudWxsLG51bGxd',
    'j.-1.WzEsbnVsbCxudWxsLG51bGxd',
    'j.1.WzEsbnVsbCxudWxsLG51bGxd.x',
    'j j.1.WzEsbnVsbCxudWxsLG51bGxd',
    'j.1.AAAA',
    encode({}),
    encode(null),
    encode([]),
    encode([null, null, null, null]),
    encode([1.5, null, null, null]),
    encode([{}, null, null, null]),
    encode([1, {}, null, null]),
    encode([1, null, 5, null]),
    encode([1, null, null, 'handle']),
    encode([1, null, 5, 'other']),
    encode([1, null, '5', 'handle']),
    encode([1, null]),
    `j.1.${Buffer.from('['.repeat(700)).toString('base64url')}`,
  ])('takes %j for none', (text) => {
    expect(readEventId(text)).toBeNull();
  });

  test.each([
    ['a position that begins with zeros', (id: string) => id.replace('.7.', '.007.')],
    ['padding', (id: string) => `${id}=`],
    ['bits that base64 leaves over', (id: string) => `${id.slice(0, -1)}R`],
    ['a space in the JSON', () => encodeText('["r", null,null,null]')],
    ['a number in another form', () => encodeText('[1e0,null,null,null]')],
    ['an escape that JSON does without', () => encodeText('["\\u0072",null,null,null]')],
    ['more than there is', () => encodeText('["r",null,null,null,null]')],
    ['-0 for 0', () => encodeText('[-0,null,null,null]')],
  ])('takes no second spelling, such as one with %s', (_name, change) => {
    const own = eventIdsOf({ jobId: 'j', requestId: 'r', progressToken: null, patience: null });
    const id = own?.(7) ?? '';
    expect(readEventId(id)).not.toBeNull();
    expect(change(id)).not.toBe(id);
    expect(readEventId(change(id))).toBeNull();
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue().map(encode)), (text) => {
        readEventId(text);
      }),
    );
  });
});
