import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../lib/json.ts';
import { argumentsChecker } from './arguments.ts';

const enhanceImage: JsonObject = {
  type: 'object',
  properties: {
    url: { type: 'string' },
    quality: { type: 'string', enum: ['low', 'high'], default: 'low' },
    size: {
      type: 'object',
      properties: { w: { type: 'integer', default: 640 }, h: { type: 'integer' } },
      additionalProperties: false,
    },
    tags: { type: 'array', items: { type: 'string' } },
    extra: { type: 'object' },
  },
  required: ['url'],
  additionalProperties: false,
};
const check = argumentsChecker('enhance_image', enhanceImage);
const takes = 'it takes url, quality, size, tags, extra';

function faultsOf(schema: JsonObject, given: unknown): readonly string[] {
  const checked = argumentsChecker('tool', schema)(given);
  return checked.ok ? [] : checked.faults;
}

describe('arguments that fit', () => {
  test('come back with defaults filled in at every level', () => {
    expect(check({ url: 'u', size: { h: 3 } })).toEqual({
      ok: true,
      arguments: { url: 'u', quality: 'low', size: { w: 640, h: 3 } },
    });
  });

  test('are copied: the caller keeps its own, and calls share nothing', () => {
    const given = { url: 'u', size: {}, extra: { deep: [1] } };
    const first = check(given);
    expect(given).toEqual({ url: 'u', size: {}, extra: { deep: [1] } });
    if (!first.ok) throw new Error(first.faults.join());
    expect(first.arguments['extra']).not.toBe(given.extra);
  });

  test('may be absent or null where nothing is required', () => {
    const none = argumentsChecker('ping', { type: 'object', additionalProperties: false });
    for (const given of [undefined, null, {}]) {
      expect(none(given)).toEqual({ ok: true, arguments: {} });
    }
  });

  test('are never converted', () => {
    const schema: JsonObject = { type: 'object', properties: { n: { type: 'integer' } } };
    expect(faultsOf(schema, { n: '3' })).toEqual(['n must be integer']);
    expect(faultsOf(schema, { n: 3.5 })).toEqual(['n must be integer']);
    expect(faultsOf(schema, { n: true })).toEqual(['n must be integer']);
  });
});

describe('faults', () => {
  test.each([
    ['a missing argument', {}, ['url is required']],
    ['no arguments', null, ['url is required']],
    ['an array', [], ['arguments must be an object']],
    ['a text', 'url=u', ['arguments must be an object']],
    [
      'an unknown argument',
      { url: 'u', colour: 1 },
      [`colour is not an argument of enhance_image; ${takes}`],
    ],
    [
      'an unknown part',
      { url: 'u', size: { d: 1 } },
      ['size.d is not an argument of enhance_image; size takes w, h'],
    ],
    ['another option', { url: 'u', quality: 'best' }, ['quality must be one of low, high']],
    ['a wrong item', { url: 'u', tags: ['a', 2] }, ['tags[1] must be string']],
    [
      'an odd name',
      { url: 'u', 'a b': 1 },
      [`["a b"] is not an argument of enhance_image; ${takes}`],
    ],
    ['null for a value', { url: null }, ['url must be string']],
  ])('%s', (_name, given, faults) => {
    expect(check(given)).toEqual({ ok: false, faults });
  });

  test('are all named at once', () => {
    expect(check({ size: { w: 'wide' }, tags: 'a', colour: 1 })).toEqual({
      ok: false,
      faults: [
        'url is required',
        `colour is not an argument of enhance_image; ${takes}`,
        'size.w must be integer',
        'tags must be array',
      ],
    });
  });

  test('of schemas that tools bring read as sentences too', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: {
        id: { type: ['string', 'null'] },
        mode: { const: 'a b' },
        count: { type: 'integer', minimum: 3 },
        mail: { type: 'string', format: 'email' },
        never: false,
        labels: { type: 'object', propertyNames: { maxLength: 2 } },
      },
      dependentRequired: { id: ['mode'] },
      minProperties: 1,
      unevaluatedProperties: false,
    };
    const given = { id: 1, count: 2, mail: 'x', never: 1, labels: { long: 1 }, other: 1 };
    expect([...faultsOf(schema, given)].toSorted()).toEqual([
      'count must be >= 3',
      'id must be string or null',
      'labels.long has a name that must NOT have more than 2 characters',
      'mail must match format "email"',
      'mode is required where id is given',
      'never is not allowed',
      'other is not an argument of tool; it takes id, mode, count, mail, never, labels',
    ]);
    expect(faultsOf(schema, {})).toEqual(['arguments must NOT have fewer than 1 properties']);
    expect(faultsOf(schema, { mode: 'c' })).toEqual(['mode must be "a b"']);
  });

  test('tell an index from a key that is a number', () => {
    const schema: JsonObject = {
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'object' } },
    };
    expect(faultsOf(schema, { 0: [1], 'x/y~z': [1] })).toEqual([
      '0[0] must be object',
      'x/y~z[0] must be object',
    ]);
  });

  test('stay few, however many there are', () => {
    const checked = check({ url: 'u', tags: Array.from({ length: 5_000 }, () => 1) });
    if (checked.ok) throw new Error('5,000 wrong tags were taken');
    expect(checked.faults).toHaveLength(101);
    expect(checked.faults.at(-1)).toBe('and 4900 more faults');
  });
});

describe('hostile arguments', () => {
  test('cannot reach a prototype', () => {
    const poison: unknown = JSON.parse('{"url":"u","extra":{"__proto__":{"polluted":true}}}');
    const checked = check(poison);
    if (!checked.ok) throw new Error(checked.faults.join());
    expect(Object.getPrototypeOf(checked.arguments['extra'])).toBe(Object.prototype);
    expect(JSON.stringify(checked.arguments['extra'])).toBe('{"__proto__":{"polluted":true}}');
    expect(check(JSON.parse('{"url":"u","__proto__":{}}'))).toEqual({
      ok: false,
      faults: [`__proto__ is not an argument of enhance_image; ${takes}`],
    });
  });

  test('are not taken for given because every object inherits them', () => {
    const schema: JsonObject = { type: 'object', required: ['constructor', 'toString'] };
    expect(faultsOf(schema, {})).toEqual(['constructor is required', 'toString is required']);
  });

  test('are refused where JSON could not carry them on', () => {
    const fault = 'extra must be JSON of finite numbers, nested at most 64 deep';
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    for (const value of [deep, JSON.parse('[1e999]'), undefined, 1n, () => {}]) {
      expect(check({ url: 'u', extra: { value } })).toEqual({ ok: false, faults: [fault] });
    }
  });

  test('of any shape are either JSON that fits or refused with faults', () => {
    const value = fc.oneof(fc.jsonValue(), fc.anything());
    const given = fc.oneof(
      value,
      fc.dictionary(fc.string(), value),
      fc.record(
        { url: fc.string(), quality: value, size: value, tags: value, extra: value },
        { requiredKeys: ['url'] },
      ),
    );
    const isAnswered = fc.property(given, (arguments_) => {
      const checked = check(arguments_);
      if (!checked.ok) {
        return checked.faults.length > 0 && checked.faults.every((it) => /^\S.* \S/s.test(it));
      }
      const carried: unknown = JSON.parse(JSON.stringify(checked.arguments));
      return check(carried).ok;
    });
    expect(fc.defaultReportMessage(fc.check(isAnswered, { numRuns: 2_000 }))).toBeUndefined();
  });
});
