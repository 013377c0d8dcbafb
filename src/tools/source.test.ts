import { describe, expect, test } from 'vitest';
import { refusalOf } from '../../test/support/tools-files.ts';
import { readSources } from './source.ts';

describe('refused', () => {
  test.each([
    ['a syntax error', 'tools:\n\t- x', '2:1: Tabs are not allowed as indentation'],
    ['a key twice', 'routes:\n  r: [a]\n  r: [b]', '3:3: Map keys must be unique'],
    ['a list for a key', '[a]: 1', '1:1: With stringKeys, all keys must be strings'],
    ['a type beyond JSON', 'x: !!set {a}', '1:4: Unresolved tag: tag:yaml.org,2002:set'],
    ['an infinite number', 'x: 1\ny: .inf', '2:4: .inf is not a number that JSON can hold'],
    ['an unknown alias', 'x: *r', '1:4: no anchor &r stands before this alias'],
    ['an endless value', 'x: &r { a: *r }', '1:12: *r stands inside its own anchor'],
    ['a prototype', 'x: { __proto__: [a] }', '1:6: __proto__ cannot be used'],
  ])('%s', (_name, text, line) => {
    expect(refusalOf(text)).toEqual([line]);
  });

  test('a second document in one file', () => {
    expect(refusalOf('routes: {}\n---\nroutes: {}')).toEqual([
      expect.stringMatching(/^2:1: Source contains multiple documents/),
    ]);
  });

  test('a file that cannot be read, beside the faults of others', () => {
    const faults: string[] = [];
    expect(readSources('/nowhere', faults)).toEqual([]);
    expect(faults).toEqual([expect.stringMatching(/^\/nowhere: cannot be read: ENOENT/)]);
  });
});

test('an alias brings its faults at the line they were written on', () => {
  const text = `
tools:
  - name: t
    route: [s]
    input_schema: &schema { type: object, required: 1 }
    output_schema: *schema`;
  expect(refusalOf(text)).toEqual([
    '5:43 tools[0].input_schema.required: must be array',
    '5:43 tools[0].output_schema.required: must be array',
  ]);
});

test('an anchor may be used any number of times', () => {
  const tools = Array.from({ length: 300 }, (_, i) => `  - { name: t${i}, route: *r }`);
  const text = `routes: { r: &r [a] }\ntools:\n${tools.join('\n')}\n  - {}`;
  expect(refusalOf(text)).toEqual([
    '303:5 tools[300]: has no name',
    '303:5 tools[300]: has no route',
  ]);
});
