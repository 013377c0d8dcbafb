import { describe, expect, test } from 'vitest';
import { loadFiles, refusalOf, refusalOfFiles } from '../../test/support/tools-files.ts';

/** A tool with its name on line 2, and a further entry from line 4. */
function withEntry(entry: string): string {
  return `tools:\n  - name: t\n    route: [s]\n    ${entry}`;
}

const toolKeys =
  'name, title, description, parameters, input_schema, output_schema, annotations, route, ' +
  'progress, timeout, mode, wait_seconds, heartbeat_timeout, input_timeout, task_support, asks_first, retry, client_capabilities, metadata';
const hints = 'title, readOnlyHint, destructiveHint, idempotentHint, openWorldHint';
const dialect = 'https://json-schema.org/draft/2020-12/schema';

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
      '4:5 tools[0].input_schema: Invalid regular expression: /(/u: Unterminated group',
    ],
    [
      'a reference to the network',
      "input_schema: { type: object, $ref: 'https://example.com/s.json' }",
      "4:5 tools[0].input_schema: can't resolve reference https://example.com/s.json from id #",
    ],
    [
      'another dialect',
      "input_schema: { type: object, $schema: 'http://json-schema.org/draft-07/schema#' }",
      `4:35 tools[0].input_schema.$schema: must be ${dialect}`,
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
