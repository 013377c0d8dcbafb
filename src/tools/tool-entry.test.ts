import { describe, expect, test } from 'vitest';
import type { Tool } from './tool.ts';
import { loadFiles, refusalOf, refusalOfFiles } from '../../test/support/tools-files.ts';

/** A tool with its name on line 2, and a further entry from line 4. */
function withEntry(entry: string): string {
  return `tools:\n  - name: t\n    route: [s]\n    ${entry}`;
}

const toolKeys =
  'name, title, description, parameters, input_schema, output_schema, annotations, route, scopes, ' +
  'progress, timeout, mode, wait_seconds, heartbeat_timeout, input_timeout, task_support, asks_first, retry, client_capabilities, metadata';
const hints = 'title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint';
const dialects =
  'https://json-schema.org/draft/2020-12/schema, https://json-schema.org/draft/2019-09/schema, ' +
  'http://json-schema.org/draft-07/schema#, http://json-schema.org/draft-06/schema#';

/** The only tool of a file with this schema. */
function withSchema(schema: unknown): Tool | null {
  return loadFiles({ 't.yaml': withEntry(`input_schema: ${JSON.stringify(schema)}`) }).find('t');
}

describe('refused of a file', () => {
  test.each([
    ['no mapping', '[a]', '1:1: must be a mapping, but is ["a"]'],
    ['an unknown section', 'tool: []', '1:1 tool: unknown key; did you mean tools?'],
    ['tools that are no list', 'tools: {}', '1:1 tools: must be a list, but is {}'],
    ['a tool that is no mapping', 'tools:\n  - t', '2:5 tools[0]: must be a mapping, but is "t"'],
    ['no route', 'tools:\n  - name: t', '2:5 tools[0]: has no route'],
    ['no name', 'tools:\n  - route: [s]', '2:5 tools[0]: has no name'],
  ])('%s', (_name, text, line) => {
    expect(refusalOf(text)).toEqual([line]);
  });
});

describe('refused of a name', () => {
  const rule = 'must be 1 to 128 letters (A to Z), digits, or any of _ - .';

  test.each([
    ['a b', rule],
    ['größe', rule],
    ['x'.repeat(129), rule],
    ['1', 'must be a text that is not empty, but is 1'],
    ['job_status', "job_status is a tool of the gateway's own; choose another name"],
    ['job_wait', "job_wait is a tool of the gateway's own; choose another name"],
    ['job_result', "job_result is a tool of the gateway's own; choose another name"],
    ['job_cancel', "job_cancel is a tool of the gateway's own; choose another name"],
  ])('%s', (name, fault) => {
    expect(refusalOf(`tools:\n  - route: [s]\n    name: ${name}`)).toEqual([
      `3:5 tools[0].name: ${fault}`,
    ]);
  });

  test('one that is taken, though its tool has other faults', () => {
    expect(refusalOfFiles({ 't.yaml': 'tools:\n  - name: t\n    mode: x\n  - name: t' })).toEqual([
      't.yaml:2:5 tools[0]: has no route',
      't.yaml:3:5 tools[0].mode: must be one of hybrid, handle, wait, but is "x"',
      't.yaml:4:5 tools[1].name: t is already the name of the tool at t.yaml:2:5',
      't.yaml:4:5 tools[1]: has no route',
    ]);
  });
});

describe('refused of an entry', () => {
  test.each([
    ['an unknown key', 'colour: red', `4:5 tools[0].colour: unknown key; known: ${toolKeys}`],
    [
      'a misspelt key',
      'paramters: {}',
      '4:5 tools[0].paramters: unknown key; did you mean parameters?',
    ],
    [
      'a description that is no text',
      'description: [a]',
      '4:5 tools[0].description: must be a text that is not empty, but is ["a"]',
    ],
    [
      'an empty title',
      'title:',
      '4:5 tools[0].title: must be a text that is not empty, but is empty',
    ],
    [
      'an annotation of another type',
      'annotations: { readOnlyHint: 1 }',
      '4:20 tools[0].annotations.readOnlyHint: must be true or false, but is 1',
    ],
    [
      'an unknown annotation',
      'annotations: { colour: true }',
      `4:20 tools[0].annotations.colour: unknown key; known: ${hints}`,
    ],
    [
      'annotations that are no mapping',
      'annotations: [a]',
      '4:5 tools[0].annotations: must be a mapping, but is ["a"]',
    ],
  ])('%s', (_name, entry, line) => {
    expect(refusalOf(withEntry(entry))).toEqual([line]);
  });
});

describe('refused of a schema', () => {
  test.each([
    [
      'a default inside an object that does not fit',
      'input_schema: { type: object, properties: { size: { type: object, properties: { w: { type: integer, default: wide } } } } }',
      '4:105 tools[0].input_schema.properties.size.properties.w.default: must be integer',
    ],
    [
      'a default inside a list that does not fit',
      'input_schema: { type: object, properties: { l: { type: array, items: { properties: { w: { multipleOf: 0.1, default: 0.25 } } } } } }',
      '4:112 tools[0].input_schema.properties.l.items.properties.w.default: must be multiple of 0.1',
    ],
    [
      'a default that would never be filled in',
      'input_schema: { type: object, properties: { constructor: { default: a } } }',
      '4:64 tools[0].input_schema.properties.constructor.default: would never be filled in: every JavaScript object has a constructor',
    ],
    [
      'a pattern of property names that is none',
      "input_schema: { type: object, patternProperties: { '(': {} } }",
      '4:56 tools[0].input_schema.patternProperties.(: must be a regular expression of JavaScript with the flag u: Unterminated group',
    ],
    [
      'a pattern of an output that is none',
      "output_schema: { type: object, properties: { a: { items: { pattern: 'a{,3}' } } } }",
      '4:64 tools[0].output_schema.properties.a.items.pattern: must be a regular expression of JavaScript with the flag u: Incomplete quantifier',
    ],
    [
      'one beside parameters',
      'parameters: {}\n    input_schema: { type: object }',
      '4:5 tools[0].parameters: cannot stand beside input_schema; keep one of them',
    ],
    [
      'one of a text',
      'input_schema: { type: string }',
      '4:21 tools[0].input_schema.type: must be object',
    ],
    ['no type', 'output_schema: {}', '4:5 tools[0].output_schema.type: must be object'],
    ['no mapping', 'output_schema: a', '4:5 tools[0].output_schema: must be a mapping, but is "a"'],
    [
      'a keyword misused',
      'input_schema:\n      type: object\n      properties:\n        a: { type: text }',
      '7:14 tools[0].input_schema.properties.a.type: must be one of array, boolean, integer, null, number, object, string',
    ],
    [
      'a pattern that is none',
      "input_schema: { type: object, properties: { a: { pattern: '(' } } }",
      '4:54 tools[0].input_schema.properties.a.pattern: must be a regular expression of JavaScript with the flag u: Unterminated group',
    ],
    [
      'a reference to the network',
      "input_schema: { type: object, $ref: 'https://example.com/s.json' }",
      "4:35 tools[0].input_schema.$ref: can't resolve reference https://example.com/s.json from id #; a schema must hold all that it refers to, such as in $defs",
    ],
    [
      'another dialect',
      "input_schema: { type: object, $schema: 'http://json-schema.org/draft-04/schema#' }",
      `4:35 tools[0].input_schema.$schema: must be one of ${dialects}; without it, a schema is of the first`,
    ],
    [
      'an asynchronous one',
      'input_schema: { type: object, $async: true }',
      '4:35 tools[0].input_schema.$async: is not supported',
    ],
    [
      'a default that does not fit',
      "input_schema: { type: object, properties: { n: { $ref: '#/$defs/n', default: a } }, $defs: { n: { type: integer } } }",
      '4:73 tools[0].input_schema.properties.n.default: must be integer',
    ],
    [
      'a parameter mirrored against the rules',
      'input_schema: { type: object, properties: { n: { type: number, x-mcp-header: N } } }',
      '4:68 tools[0].input_schema.properties.n.x-mcp-header: must belong to a parameter of type string, integer or boolean',
    ],
  ])('%s', (_name, entry, line) => {
    expect(refusalOf(withEntry(entry))).toEqual([line]);
  });
});

test('a schema is published as hosts take it', () => {
  expect(withSchema({ type: 'object' })?.inputSchema).toEqual({ type: 'object', properties: {} });
  const a = { type: 'array', prefixItems: [{ type: 'array' }] };
  expect(withSchema({ type: 'object', properties: { a, b: true } })?.inputSchema).toEqual({
    type: 'object',
    properties: {
      a: { type: 'array', prefixItems: [{ type: 'array', items: {} }], items: {} },
      b: {},
    },
  });
  const text = withEntry(
    'output_schema: { type: object, properties: { a: { type: array }, p: { multipleOf: 0.01 }, n: { multipleOf: 5 } } }',
  );
  expect(loadFiles({ 't.yaml': text }).find('t')?.outputSchema).toEqual({
    type: 'object',
    properties: { a: { type: 'array', items: {} }, p: {}, n: { multipleOf: 5 } },
  });
});

test('a schema of draft-07 is taken as what it is', () => {
  const tool = withSchema({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      day: { type: 'string', pattern: String.raw`^\d{4}\-\d{2}\-\d{2}$` },
      point: { type: 'array', items: [{ type: 'number' }, { $ref: '#/definitions/y' }] },
      price: { type: 'number', multipleOf: 0.01, default: 19.99 },
    },
    definitions: { y: { type: 'integer' } },
  });
  expect(tool?.checkArguments({ day: '2024-05-01', point: [0.5, 1] })).toEqual({
    ok: true,
    arguments: { day: '2024-05-01', point: [0.5, 1], price: 19.99 },
  });
  expect(tool?.checkArguments({ day: '2024_05_01', point: [0.5, 1.5], price: 0.005 })).toEqual({
    ok: false,
    faults: [
      String.raw`day must match pattern "^\d{4}-\d{2}-\d{2}$"`,
      'point[1] must be integer',
      'price must be multiple of 0.01',
    ],
  });
});

test('schemas may share an $id, and hold keywords and formats of their own', () => {
  const schema =
    '{ $id: a, type: object, x-team: vision, properties: { p: { type: string, format: colour } } }';
  const text = `
tools:
  - { name: one, route: [s], input_schema: ${schema} }
  - { name: two, route: [s], input_schema: ${schema} }`;
  expect(loadFiles({ 't.yaml': text }).find('two')?.checkArguments({ p: 'red' })).toEqual({
    ok: true,
    arguments: { p: 'red' },
  });
});
