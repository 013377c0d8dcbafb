import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, parseJson } from './json-parse.ts';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('parseJson', () => {
  it('gives what JSON.parse gives, whatever the strings hold', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 10, stringUnit: 'binary' }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('takes 64 levels and refuses 65', () => {
    expect(parseJson(nested(64))).toBeInstanceOf(Array);
    expect(() => parseJson(nested(65))).toThrow(new JsonError('JSON nests deeper than 64 levels'));
  });

  it('does not count brackets in strings, nor siblings', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[[\]{}"\\]*$/)), (strings) => {
        expect(parseJson(JSON.stringify(strings), { maxDepth: 1 })).toEqual(strings);
      }),
    );
    expect(parseJson(`[${'[],{},'.repeat(100)}[]]`, { maxDepth: 2 })).toHaveLength(201);
  });

  it('refuses a million levels without overflowing the stack', () => {
    expect(() => parseJson('{"a":'.repeat(1_000_000))).toThrow(JsonError);
  });

  it.each(['', '{', '"', '"\\', '[1,]', 'undefined', '{"a":1}}'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it('keeps a key __proto__ as data', () => {
    const value = parseJson('{"__proto__":{"admin":true}}');
    expect(Object.keys(Object(value))).toEqual(['__proto__']);
    expect(Object(value).admin).toBeUndefined();
  });
});
