import { describe, expect, test } from 'vitest';
import { loadFiles, refusalOf } from '../../test/support/tools-files.ts';

/** A tool with one parameter on line 5. */
function withParameter(parameter: string): string {
  return `tools:\n  - name: t\n    route: [s]\n    parameters:\n      p: ${parameter}`;
}

const types = 'string, number, integer, boolean, array, object';
const itemKeys = 'type, description, options, properties, items';

test('parameters nest to any depth', () => {
  const text = withParameter(
    '{ type: array, items: { type: object, properties: { a: { type: array, required: true, items: { type: number, options: [1, 2.5] } } } } }',
  );
  const tool = loadFiles({ 'tools.yaml': text }).find('t');
  expect(tool?.inputSchema['properties']).toEqual({
    p: {
      type: 'array',
      items: {
        type: 'object',
        properties: { a: { type: 'array', items: { type: 'number', enum: [1, 2.5] } } },
        required: ['a'],
        additionalProperties: false,
      },
    },
  });
  expect(tool?.checkArguments({ p: [{ a: [2.5] }, { a: [3] }, { b: 1 }] })).toEqual({
    ok: false,
    faults: [
      'p[1].a[0] must be one of 1, 2.5',
      'p[2].a is required',
      'p[2].b is not an argument of t; p[2] takes a',
    ],
  });
});

test('an object without properties and an array without items hold anything', () => {
  const tool = loadFiles({ 't.yaml': withParameter('{ type: object }') }).find('t');
  const given = { p: { any: [1, { thing: null }] } };
  expect(tool?.checkArguments(given)).toEqual({ ok: true, arguments: given });
  const list = loadFiles({ 't.yaml': withParameter('{ type: array, items: { type: array } }') });
  expect(list.find('t')?.inputSchema['properties']).toEqual({
    p: { type: 'array', items: { type: 'array', items: {} } },
  });
  expect(list.find('t')?.checkArguments({ p: [[1, 'a'], []] }).ok).toBe(true);
});

describe('refused', () => {
  test.each([
    ['no mapping', 'string', '7 @: must be a mapping, but is "string"'],
    [
      'an item that is no mapping',
      '{ type: array, items: string }',
      '25 @.items: must be a mapping, but is "string"',
    ],
    ['no type', '{ required: true }', `7 @: has no type; one of ${types}`],
    ['a bad type', '{ type: text }', `12 @.type: must be one of ${types}, but is "text"`],
    [
      'a bad required',
      '{ type: string, required: 1 }',
      '26 @.required: must be true or false, but is 1',
    ],
    [
      'an unknown key',
      '{ type: string, pattern: a }',
      `26 @.pattern: unknown key; known: ${itemKeys}, required, default`,
    ],
    [
      'a description that is no text',
      '{ type: string, description: 1 }',
      '26 @.description: must be a text that is not empty, but is 1',
    ],
    ['a default of another type', '{ type: integer, default: a }', '27 @.default: must be integer'],
    [
      'a default outside the options',
      '{ type: string, options: [a, b], default: c }',
      '43 @.default: must be one of a, b',
    ],
    [
      'a default wrong inside',
      '{ type: object, properties: { w: { type: integer } }, default: { w: x } }',
      '64 @.default: w must be integer',
    ],
    [
      'a default with a key too many',
      '{ type: object, properties: { w: { type: integer } }, default: { h: 1 } }',
      '64 @.default: h is not a property; it takes w',
    ],
    [
      'an option of another type',
      '{ type: string, options: [a, 2] }',
      '39 @.options[1]: must be string',
    ],
    ['no options', '{ type: string, options: [] }', '26 @.options: must hold an option'],
    ['options that are no list', '{ type: string, options: a }', '26 @.options: must be a list'],
    [
      'properties of a text',
      '{ type: string, properties: {} }',
      '26 @.properties: belongs to type object only',
    ],
    [
      'items of a text',
      '{ type: string, items: { type: string } }',
      '26 @.items: belongs to type array only',
    ],
    [
      'a bad type deep inside',
      '{ type: array, items: { type: object, properties: { a: { type: x } } } }',
      `67 @.items.properties.a.type: must be one of ${types}, but is "x"`,
    ],
    [
      'a required item',
      '{ type: array, items: { type: string, required: true } }',
      `48 @.items.required: unknown key; known: ${itemKeys}`,
    ],
  ])('%s', (_name, parameter, line) => {
    expect(refusalOf(withParameter(parameter))).toEqual([
      `5:${line.replace('@', 'tools[0].parameters.p')}`,
    ]);
  });

  test('parameters that are no mapping', () => {
    expect(refusalOf('tools:\n  - name: t\n    route: [s]\n    parameters: [a]')).toEqual([
      '4:5 tools[0].parameters: must be a mapping, but is ["a"]',
    ]);
  });

  test('a name that every JavaScript object has', () => {
    expect(
      refusalOf(
        'tools:\n  - name: t\n    route: [s]\n    parameters:\n      toString: { type: string }',
      ),
    ).toEqual(['5:7 tools[0].parameters.toString: an argument cannot be named toString']);
  });
});
