import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from './json.ts';
import { hasUnstorable, makeStorable, storableText } from './storable.ts';

/** Strings of NUL, surrogates in any order, and harmless text. */
const awkward = fc.string({
  unit: fc.constantFrom('\0', '\uD83D', '\uDE00', '\uFFFD', 'a', '\\', 'u0000', '😀'),
});
const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const awkwardJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    awkward,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(awkward, tie('value'), { maxKeys: 3 }),
  ),
})).value;

const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

describe('storableText', () => {
  it('is storable, of the same length, and leaves storable text alone', () => {
    fc.assert(
      fc.property(awkward, (text) => {
        const storable = storableText(text);
        expect(isStorable(storable)).toBe(true);
        expect(storable).toHaveLength(text.length);
        expect(storable === text).toBe(isStorable(text));
      }),
    );
  });
});

describe('hasUnstorable', () => {
  it('never misses what makeStorable would replace', () => {
    fc.assert(
      fc.property(awkwardJson, (value) => {
        const text = JSON.stringify(value);
        fc.pre(JSON.stringify(makeStorable(value)) !== text);
        expect(hasUnstorable(text)).toBe(true);
      }),
    );
  });

  it('suspects nothing in plain text', () => {
    expect(hasUnstorable('{"a":"b\\n\\u00e4 😀"}')).toBe(false);
  });
});

describe('makeStorable', () => {
  it('leaves JSON alone that can be stored', () => {
    fc.assert(
      fc.property(json, (value) => {
        fc.pre(!hasUnstorable(JSON.stringify(value)));
        expect(makeStorable(value)).toEqual(value);
      }),
    );
  });

  it('cleans every string and key', () => {
    fc.assert(
      fc.property(awkwardJson, (value) => {
        expect(hasUnstorable(JSON.stringify(makeStorable(value)).replaceAll('\\\\', ''))).toBe(
          false,
        );
      }),
    );
  });

  it('bears any depth', () => {
    let value: Json = '\0';
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    let inner = makeStorable(value);
    while (Array.isArray(inner)) inner = inner[0] ?? null;
    expect(inner).toBe('\uFFFD');
  });

  it('keeps a key __proto__ as data', () => {
    const value: Json = JSON.parse('{"__proto__":"\\u0000"}');
    expect(JSON.stringify(makeStorable(value))).toBe('{"__proto__":"\uFFFD"}');
  });
});
