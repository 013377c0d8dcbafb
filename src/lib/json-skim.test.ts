import fc from 'fast-check';
import { expect, test } from 'vitest';
import { skimJson } from './json-skim.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('finds the short members, and the bytes of the others', () => {
  const result = 'a"\\b'.repeat(10_000);
  const text = JSON.stringify({ type: 'final', result, job_id: 'J1', route: { steps: ['a'] } });
  expect(skimJson(bytes(text))).toEqual({
    members: { type: 'final', job_id: 'J1', route: { steps: ['a'] } },
    long: new Map([['result', bytes(JSON.stringify(result))]]),
  });
});

test('finds in any object what JSON.parse finds', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      expect(skimJson(bytes(text))?.members).toEqual(JSON.parse(text));
    }),
  );
});

test('the last of several members with one name counts', () => {
  const text = `{"a":1,"b":"${'x'.repeat(5_000)}","a":"${'y'.repeat(5_000)}","b":2}`;
  const skimmed = skimJson(bytes(text));
  expect(skimmed?.members).toEqual({ b: 2 });
  expect([...(skimmed?.long.keys() ?? [])]).toEqual(['a']);
});

test.each([
  ['what is not JSON', '{"status":"succeeded","result":NaN,"n":[NaN,{}],"job_id":"J1"}'],
  ['a byte order mark', '\uFEFF {"job_id" : "J1" , "status":"succeeded" } '],
  [
    'depth',
    `{"result":${'['.repeat(90_000)}${']'.repeat(90_000)},"job_id":"J1","status":"succeeded"}`,
  ],
])('passes over %s', (_what, text) => {
  expect(skimJson(bytes(text))?.members).toEqual({ job_id: 'J1', status: 'succeeded' });
});

test('passes over a member that is not UTF-8', () => {
  const broken = Buffer.concat([
    bytes('{"result":"'),
    Buffer.alloc(5_000, 0xff),
    bytes('","job_id":"J1"}'),
  ]);
  expect(skimJson(broken)?.members).toEqual({ job_id: 'J1' });
});

test.each([
  '',
  '[]',
  '"text"',
  '{',
  '{"a',
  '{"a"',
  '{"a":',
  '{"a":[1',
  '{"a":"b',
  '{a:1}',
  '{"a":1 "b":2}',
])('knows nothing of %j', (text) => {
  expect(skimJson(bytes(text))).toBeNull();
});
