import { describe, expect, test } from 'vitest';
import { loadFiles, refusalOf, refusalOfFiles } from '../../test/support/tools-files.ts';
import { readSources } from './source.ts';

describe('refused', () => {
  test.each([
    ['a syntax error', 'tools:\n\t- x', '2:1: Tabs are not allowed as indentation'],
    ['a key twice', 'routes:\n  r: [a]\n  r: [b]', '3:3: Map keys must be unique'],
    [
      'a list for a key',
      '[a]: 1',
      '1:1: a key must be a text, written out: no alias, no list, no mapping',
    ],
    [
      'an alias for a key',
      'a: &k b\n*k : 1',
      '2:1: a key must be a text, written out: no alias, no list, no mapping',
    ],
    ['U+0000 in a text', 'a: "x\\0"', '1:4: a text must not hold U+0000 or half a surrogate pair'],
    [
      'half a surrogate pair',
      'a: ["\\ud800"]',
      '1:5: a text must not hold U+0000 or half a surrogate pair',
    ],
    ['U+0000 in a key', '"\\0": 1', '1:1: a text must not hold U+0000 or half a surrogate pair'],
    ['a type beyond JSON', 'x: !!set {a}', '1:4: Unresolved tag: tag:yaml.org,2002:set'],
    ['an infinite number', 'x: 1\ny: .inf', '2:4: .inf is not a number that JSON can hold'],
    ['an unknown alias', 'x: *r', '1:4: no anchor &r stands before this alias'],
    ['an endless value', 'x: &r { a: *r }', '1:12: *r stands inside its own anchor'],
    ['a prototype', 'x: { __proto__: [a] }', '1:6: __proto__ cannot be used'],
    ['a quoted prototype', 'x: { "__proto__": [a] }', '1:6: __proto__ cannot be used'],
    [
      'a merge of a text',
      'x: { <<: a }',
      '1:6: << must merge a mapping or a list of mappings; a key of this name is written "<<"',
    ],
    [
      'a merge of nothing',
      'x:\n  <<:',
      '2:3: << must merge a mapping or a list of mappings; a key of this name is written "<<"',
    ],
    [
      'a merge of a list of lists',
      'x: { <<: [{}, [{}]] }',
      '1:6: << must merge a mapping or a list of mappings; a key of this name is written "<<"',
    ],
    [
      'two merges in one mapping',
      'x: { <<: {}, <<: {} }',
      '1:14: Map keys must be unique; merge several by <<: [*a, *b]',
    ],
    [
      'a merge of an unknown anchor',
      'x: { <<: *b }',
      '1:10: no anchor &b stands before this alias',
    ],
    ['a merge into itself', 'x: &b { <<: *b }', '1:13: *b stands inside its own anchor'],
    ['an anchor after its alias', 'x: *r\ny: &r 1', '1:4: no anchor &r stands before this alias'],
    [
      'values too deep',
      `x: ${'['.repeat(200)}${']'.repeat(200)}`,
      '1:203: nests deeper than 200 levels',
    ],
    [
      'values far too deep',
      `x: ${'['.repeat(9_000)}`,
      expect.stringMatching(/nests too deeply|deeper/),
    ],
  ])('%s', (_name, text, line) => {
    expect(refusalOf(text)).toEqual([line]);
  });

  test('all faults of a file at once, in their order', () => {
    expect(refusalOf('a: *a\nb: { <<: 1, c: .nan, c: 2 }\n__proto__: 1')).toEqual([
      '1:4: no anchor &a stands before this alias',
      '2:6: << must merge a mapping or a list of mappings; a key of this name is written "<<"',
      '2:16: .nan is not a number that JSON can hold',
      '2:22: Map keys must be unique',
      '3:1: __proto__ cannot be used',
    ]);
  });

  test('aliases that stand for more than a machine can hold', () => {
    const lines = Array.from({ length: 30 }, (_, i) => {
      const tens = Array.from({ length: 10 }, () => `*a${i}`).join(', ');
      return `x-${i + 1}: &a${i + 1} [${tens}]`;
    });
    expect(refusalOf(['x-0: &a0 [x]', ...lines].join('\n'))).toEqual([
      expect.stringMatching(/^7:\d+: aliases stand for more than 1000000 values up to here$/),
    ]);
    const merges = lines.map((line) => line.replaceAll('[', '{ <<: [').replaceAll(']', '] }'));
    const text = [
      'x-0: &a0 { x: 1 }',
      ...merges,
      'tools: [{ name: t, route: [s], metadata: *a30 }]',
    ];
    expect(loadFiles({ 't.yaml': text.join('\n') }).find('t')?.metadata).toEqual({ x: 1 });
  });

  test('a schema that aliases make larger than can be compiled', () => {
    const lines = Array.from({ length: 6 }, (_, i) => {
      const ten = Array.from({ length: 10 }, (_, j) => `p${j}: *a${i}`).join(', ');
      return `x-${i + 1}: &a${i + 1} { type: object, properties: { ${ten} } }`;
    });
    const tool = '{ name: t, route: [s], input_schema: *a5 }';
    expect(refusalOf(['x-0: &a0 {}', ...lines.slice(0, 5), `tools: [${tool}]`].join('\n'))).toEqual(
      ['7:32 tools[0].input_schema: must have at most 500000 characters as JSON'],
    );
  });

  test('text in another encoding', () => {
    const latin1 = Buffer.from('tools: [{ name: größe }]', 'latin1');
    const utf16 = Buffer.from('\uFEFFtools: []', 'utf16le');
    for (const bytes of [latin1, utf16]) {
      expect(refusalOfFiles({ 't.yaml': bytes })).toEqual([
        't.yaml: cannot be read: it is not UTF-8; save it in that encoding',
      ]);
    }
  });

  test('a second document in one file', () => {
    expect(refusalOf('routes: {}\n---\nroutes: {}')).toEqual([
      '2:1: Source contains multiple documents; put each into a file of its own',
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

describe('a merge', () => {
  /** The properties of a tool's schema, which are written so. */
  function propertiesOf(text: string): unknown {
    return loadFiles({ 't.yaml': text }).find('t')?.inputSchema['properties'];
  }

  test('brings what is merged into a schema, required properties included', () => {
    const text = `
x-base: &base { type: object, required: [url], properties: &props { url: { type: string } } }
tools:
  - name: t
    route: [s]
    input_schema:
      <<: *base
      properties: { <<: *props, size: { type: integer } }`;
    const tool = loadFiles({ 't.yaml': text }).find('t');
    expect(tool?.inputSchema).toEqual({
      type: 'object',
      required: ['url'],
      properties: { url: { type: 'string' }, size: { type: 'integer' } },
    });
    expect(tool?.checkArguments({ size: 1 })).toEqual({ ok: false, faults: ['url is required'] });
  });

  test('gives way to own keys, wherever they stand, and to what is merged before', () => {
    const text = `
x-a: &a { p: { const: a }, q: { const: a }, r: { const: a } }
x-b: &b { <<: *a, q: { const: b }, s: { const: b } }
x-both: &both [*b, *a]
tools:
  - { name: t, route: [s], input_schema: { type: object, properties: { r: {}, <<: [{ p: {} }, *b, *a], s: {} } } }
  - { name: u, route: [s], input_schema: { type: object, properties: { <<: *both } } }`;
    expect(propertiesOf(text)).toEqual({ p: {}, q: { const: 'b' }, r: {}, s: {} });
    const other = loadFiles({ 't.yaml': text }).find('u')?.inputSchema['properties'];
    expect(Object.keys(other ?? {})).toEqual(['p', 'q', 'r', 's']);
    expect(other).toMatchObject({ q: { const: 'b' }, r: { const: 'a' } });
  });

  test('works everywhere in a file: entries, parameters, metadata, defaults, routes', () => {
    const text = `
x-team: &team { team: vision, owner: ann }
defaults: { <<: { timeout: 5 }, metadata: &meta { <<: *team } }
routes: { <<: { one: [a] }, two: [b] }
tools:
  - &first
    name: first
    route: one
    parameters: &params { url: { type: string, required: true } }
    metadata: { <<: *meta, owner: bob }
  - <<: *first
    name: second
    parameters: { <<: *params, n: { <<: { type: integer }, default: 1 } }`;
    const tools = loadFiles({ 't.yaml': text });
    expect(tools.find('first')).toMatchObject({
      steps: ['a'],
      timeoutSeconds: 5,
      metadata: { team: 'vision', owner: 'bob' },
    });
    expect(tools.find('second')).toMatchObject({ steps: ['a'], metadata: { owner: 'bob' } });
    expect(tools.find('second')?.checkArguments({ url: 'u' })).toEqual({
      ok: true,
      arguments: { url: 'u', n: 1 },
    });
  });

  test('brings its faults at the line they were written on', () => {
    const text = `
x-base: &base
  type: object
  required: 1
tools:
  - { name: t, route: [s], input_schema: { <<: *base } }`;
    expect(refusalOf(text)).toEqual(['4:3 tools[0].input_schema.required: must be array']);
  });

  test('is a key like any other in quotes, and no key in another place', () => {
    const text = `
tools:
  - name: t
    route: [s]
    input_schema: { type: object, properties: { "<<": { const: << }, a: { const: '<<' } } }`;
    expect(propertiesOf(text)).toEqual({ '<<': { const: '<<' }, a: { const: '<<' } });
  });

  test('may be written with its tag', () => {
    const text = `
x-base: &base { p: {} }
tools:
  - name: t
    route: [s]
    input_schema: { type: object, properties: { !!merge <<: *base, !!str <<: {}, 1: {}, null: {} } }`;
    expect(propertiesOf(text)).toEqual({ p: {}, '<<': {}, 1: {}, null: {} });
  });

  test('may use an anchor of a key, and the last of its name', () => {
    const text = `
x-one: &a { p: { const: 1 } }
x-two: &a { p: { const: &b 2 } }
tools:
  - { name: t, route: [s], input_schema: { type: object, properties: { <<: *a, &k q: { const: *b }, r: { const: *k } } } }`;
    expect(propertiesOf(text)).toEqual({ p: { const: 2 }, q: { const: 2 }, r: { const: 'q' } });
  });
});

test('an anchor may be used any number of times', () => {
  const tools = Array.from({ length: 300 }, (_, i) => `  - { name: t${i}, route: *r }`);
  const text = `routes: { r: &r [a] }\ntools:\n${tools.join('\n')}\n  - {}`;
  expect(refusalOf(text)).toEqual([
    '303:5 tools[300]: has no name',
    '303:5 tools[300]: has no route',
  ]);
});
