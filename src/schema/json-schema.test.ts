import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../lib/json.ts';
import { readSchema, valueFaults } from './json-schema.ts';

function usable(schema: JsonObject) {
  const read = readSchema({ type: 'object', ...schema });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read;
}

function fromJson(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function refusals(schema: JsonObject): string[] {
  const read = readSchema({ type: 'object', ...schema });
  if (read.ok) throw new Error('the schema was taken');
  return read.faults.map(({ path, problem }) => `${path.join('.')} ${problem}`);
}

function takes(schema: JsonObject, value: Json): boolean {
  return valueFaults(usable(schema).validate, value).length === 0;
}

const draft07 = 'http://json-schema.org/draft-07/schema#';

describe('a schema of draft-07', () => {
  test.each([
    draft07,
    'http://json-schema.org/draft-07/schema',
    'https://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft-07/schema',
  ])('is named by %s, which stays', ($schema) => {
    expect(usable({ $schema }).schema['$schema']).toBe($schema);
  });

  test('has tuples, dependencies and definitions of that time', () => {
    const schema = {
      $schema: draft07,
      properties: {
        pair: {
          type: 'array',
          items: [{ $ref: '#/definitions/name' }, { type: 'integer' }],
          additionalItems: false,
        },
      },
      dependencies: { card: ['address'], pair: { required: ['card'] } },
      definitions: { name: { type: 'string' } },
    };
    expect(takes(schema, { card: 1, address: 'a', pair: ['x', 1] })).toBe(true);
    expect(takes(schema, { card: 1, address: 'a', pair: ['x', 'y'] })).toBe(false);
    expect(takes(schema, { card: 1, address: 'a', pair: ['x', 1, 2] })).toBe(false);
    expect(takes(schema, { card: 1 })).toBe(false);
    expect(takes(schema, { pair: ['x', 1] })).toBe(false);
  });

  test('knows no keyword of later dialects', () => {
    const later = { prefixItems: [{ type: 'string' }], minContains: 2, contains: { const: 1 } };
    const schema = { properties: { a: { type: 'array', ...later } } };
    expect(takes({ $schema: draft07, ...schema }, { a: [1] })).toBe(true);
    expect(takes(schema, { a: [1] })).toBe(false);
    const dependent = { dependentRequired: { a: ['b'] } };
    expect(takes({ $schema: draft07, ...dependent }, { a: 1 })).toBe(true);
    expect(takes(dependent, { a: 1 })).toBe(false);
  });

  test('ignores what stands beside a reference', () => {
    const schema = {
      properties: { a: { $ref: '#/definitions/n', type: 'string', minimum: 5, enum: [9] } },
      definitions: { n: { type: 'integer' } },
    };
    expect(takes({ $schema: draft07, ...schema }, { a: 1 })).toBe(true);
    expect(takes(schema, { a: 1 })).toBe(false);
  });
});

describe('a schema of', () => {
  test('draft-06 knows no conditions', () => {
    const schema = fromJson('{ "if": { "required": ["a"] }, "then": { "required": ["b"] } }');
    const $schema = 'http://json-schema.org/draft-06/schema#';
    expect(takes({ $schema, ...schema }, { a: 1 })).toBe(true);
    expect(takes({ $schema: draft07, ...schema }, { a: 1 })).toBe(false);
    expect(takes({ $schema, properties: { a: { exclusiveMinimum: 1 } } }, { a: 1 })).toBe(false);
  });

  test('2019-09 has tuples of its time, and what is unevaluated', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      properties: { a: { type: 'array', items: [{ type: 'string' }] } },
      unevaluatedProperties: false,
    };
    expect(takes(schema, { a: ['x', 1] })).toBe(true);
    expect(takes(schema, { a: [1] })).toBe(false);
    expect(takes(schema, { b: 1 })).toBe(false);
  });

  test('any other dialect is refused with those there are', () => {
    for (const $schema of [
      'http://json-schema.org/draft-04/schema#',
      'http://json-schema.org/schema#',
      'https://example.com/mine',
      7,
      null,
    ]) {
      expect(refusals({ $schema })).toEqual([
        expect.stringMatching(/^\$schema must be one of .*2020-12.*2019-09.*draft-07.*draft-06/),
      ]);
    }
  });

  test('one dialect cannot hold parts of another', () => {
    const part = { properties: { a: { $schema: draft07 } } };
    expect(refusals(part)).toEqual([
      'properties.a.$schema must be that of the whole schema, ' +
        'https://json-schema.org/draft/2020-12/schema, or left out',
    ]);
    expect(usable({ $schema: draft07, ...part }).ok).toBe(true);
  });
});

describe('a mistake is refused with the way out:', () => {
  test.each([
    [
      'a tuple of draft-07 that does not say so',
      { properties: { a: { items: [{}] } } },
      `properties.a.items must be object or boolean; this is right in draft-07, which a schema is with $schema: ${draft07}`,
    ],
    [
      'a property that is required as in draft-03',
      { properties: { a: { required: true } } },
      'properties.a.required must be array: the names of required properties, beside properties',
    ],
    [
      'a limit that is exclusive as in draft-04',
      { properties: { a: { minimum: 1, exclusiveMinimum: true } } },
      'properties.a.exclusiveMinimum must be number: the limit itself, in the place of minimum',
    ],
    [
      'a reference to nothing, deep inside',
      { properties: { a: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/gone' }] } } },
      "properties.a.anyOf.1.$ref can't resolve reference #/$defs/gone from id #; a schema must hold all that it refers to, such as in $defs",
    ],
    [
      'what only the compiler refuses',
      { properties: { a: { items: { enum: [] } } } },
      'properties.a.items enum must have non-empty array',
    ],
    [
      'asynchrony',
      { $defs: { a: { $async: true } }, properties: { a: { $ref: '#/$defs/a' } } },
      '$defs.a.$async is not supported',
    ],
  ])('%s', (_name, schema, refusal) => {
    expect(refusals(schema)).toEqual([refusal]);
  });
});

describe('patterns of the lenient syntax', () => {
  test('work, and are published as clients compile them, wherever they stand', () => {
    const month = String.raw`^\d{4}\-\d{2}$`;
    const { schema } = usable({
      properties: { a: { pattern: month }, pattern: { type: 'string' } },
      patternProperties: { [String.raw`^x\-`]: { pattern: month } },
      propertyNames: { pattern: String.raw`^[\w-.]+$` },
      components: { m: { pattern: month } },
      anyOf: [{ properties: { b: { $ref: '#/components/m' } } }],
      default: { pattern: month },
    });
    const strict = String.raw`^\d{4}-\d{2}$`;
    expect(schema).toMatchObject({
      properties: { a: { pattern: strict }, pattern: { type: 'string' } },
      patternProperties: { '^x-': { pattern: strict } },
      propertyNames: { pattern: String.raw`^[\w\-.]+$` },
      components: { m: { pattern: strict } },
      default: { pattern: month },
    });
    const check = (value: JsonObject): boolean =>
      takes({ properties: { a: { pattern: month } } }, value);
    expect(check({ a: '2024-05' })).toBe(true);
    expect(check({ a: '2024_05' })).toBe(false);
  });

  test('that are none are refused where they stand, all at once', () => {
    const problem =
      'must be a regular expression of JavaScript with the flag u: Unterminated group';
    expect(
      refusals({
        properties: { a: { items: { pattern: '(' } } },
        patternProperties: { '(b': {} },
        $defs: { c: { propertyNames: { pattern: '(?:' } } },
      }),
    ).toEqual([
      `patternProperties.(b ${problem}`,
      `properties.a.items.pattern ${problem}`,
      `$defs.c.propertyNames.pattern ${problem}`,
    ]);
  });

  test('that become one are refused', () => {
    expect(refusals({ patternProperties: { 'a-': {}, [String.raw`a\-`]: {} } })).toEqual([
      'patternProperties has the pattern a- in two spellings; keep one',
    ]);
  });
});

describe('an array without items', () => {
  const array = { type: 'array' };
  const whole = { type: 'array', items: {} };

  test('gets them, wherever it stands', () => {
    const given = (a: JsonObject): JsonObject => ({
      properties: { a, n: { type: ['array', 'null'] }, deep: { type: 'array', items: a } },
      patternProperties: { x: a },
      additionalProperties: a,
      anyOf: [a, { not: a }],
      oneOf: [Object.fromEntries(['if', 'then', 'else'].map((keyword) => [keyword, a]))],
      allOf: [{ properties: { b: { prefixItems: [a], contains: a } } }],
      dependentSchemas: { c: a },
      $defs: { d: a },
      definitions: { e: a },
      components: { f: a },
      contentSchema: { $ref: '#/components/f' },
    });
    const { schema } = usable(given(array));
    const expected = given(whole);
    expect(schema).toEqual({
      type: 'object',
      ...expected,
      properties: {
        ...(expected['properties'] as JsonObject),
        n: { type: ['array', 'null'], items: {} },
      },
    });
  });

  test('gets them beside the first items of a tuple', () => {
    const tuple = { type: 'array', prefixItems: [{ type: 'string' }] };
    expect(usable({ properties: { a: tuple } }).schema['properties']).toEqual({
      a: { ...tuple, items: {} },
    });
    expect(takes({ properties: { a: tuple } }, { a: ['x', 1] })).toBe(true);
  });

  test('is no array where the word is only a value', () => {
    const schema = { properties: { type: { const: 'array' } }, default: { type: 'array' } };
    expect(usable(schema).schema).toEqual({ type: 'object', ...schema });
  });

  test('keeps its meaning: items that are false are written as hosts know them', () => {
    const closed = { type: 'array', prefixItems: [{ type: 'string' }], items: false };
    expect(usable({ properties: { a: closed } }).schema['properties']).toEqual({
      a: { ...closed, items: { not: {} } },
    });
    expect(takes({ properties: { a: closed } }, { a: ['x'] })).toBe(true);
    expect(takes({ properties: { a: closed } }, { a: ['x', 1] })).toBe(false);
  });

  test('is refused where items would change what is unevaluated', () => {
    const tuple = { type: 'array', prefixItems: [{}], unevaluatedItems: false };
    expect(refusals({ properties: { a: tuple } })).toEqual([
      'properties.a must have items beside unevaluatedItems: hosts refuse an array without them',
    ]);
  });
});

test('properties that are true or false are written as objects, which older clients expect', () => {
  const schema = { properties: { any: true, none: false } };
  expect(usable(schema).schema['properties']).toEqual({ any: {}, none: { not: {} } });
  const { validate } = usable(schema);
  expect(valueFaults(validate, { any: 1 })).toEqual([]);
  expect(valueFaults(validate, { none: 1 })).toEqual([
    { path: ['none'], problem: 'is not allowed' },
  ]);
});

test('words of other vocabularies are notes', () => {
  expect(takes({ id: 'draft-04', properties: { a: { nullable: true } } }, { a: null })).toBe(true);
  expect(takes({ properties: { a: { type: 'string', nullable: true } } }, { a: null })).toBe(true);
});

test('the schema given is left as it is, even where its parts are one object', () => {
  const part = { type: 'array' };
  const given = { type: 'object', properties: { a: part, b: part } };
  const read = readSchema(given);
  expect(read.ok && read.schema['properties']).toEqual({
    a: { type: 'array', items: {} },
    b: { type: 'array', items: {} },
  });
  expect(part).toEqual({ type: 'array' });
});
