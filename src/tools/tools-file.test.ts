import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadFiles, refusalOfFiles } from '../../test/support/tools-files.ts';
import { loadTools, ToolsFileError } from './tools-file.ts';

const contractExample = `
defaults: { progress: false, timeout: 300 }        # seconds; timeout 0: no deadline
routes: { enhance-pipeline: [download, enhance] }  # named routes
tools:
  - name: enhance_image
    description: Enhance an image
    parameters:
      url:     { type: string, required: true, description: Where it is }
      quality: { type: string, options: [low, high], default: low }
      size:    { type: object, properties: { w: {type: integer}, h: {type: integer} } }
      tags:    { type: array, items: { type: string } }
    route: enhance-pipeline                        # or [download, enhance]
    progress: true
    timeout: 600
    metadata: { team: vision }
`;

describe('a tools file', () => {
  test('as in the contract gives this tool', () => {
    const [tool, ...others] = loadFiles({ 'tools.yaml': contractExample }).list();
    expect(others).toEqual([]);
    expect(tool).toEqual({
      name: 'enhance_image',
      title: null,
      description: 'Enhance an image',
      inputSchema: {
        type: 'object',
        properties: {
          url: { type: 'string', description: 'Where it is' },
          quality: { type: 'string', enum: ['low', 'high'], default: 'low' },
          size: {
            type: 'object',
            properties: { w: { type: 'integer' }, h: { type: 'integer' } },
            additionalProperties: false,
          },
          tags: { type: 'array', items: { type: 'string' } },
        },
        required: ['url'],
        additionalProperties: false,
      },
      outputSchema: null,
      annotations: null,
      scopes: [],
      steps: ['download', 'enhance'],
      progress: true,
      timeoutSeconds: 600,
      mode: 'hybrid',
      waitSeconds: 25,
      heartbeatTimeoutSeconds: 0,
      inputTimeoutSeconds: 0,
      asksFirst: false,
      retry: null,
      clientCapabilities: [],
      taskSupport: 'optional',
      metadata: { team: 'vision' },
      checkArguments: expect.any(Function) as unknown,
    });
    expect(tool?.checkArguments({ url: 'u' })).toEqual({
      ok: true,
      arguments: { url: 'u', quality: 'low' },
    });
  });

  test('may say everything else that a tool can be', () => {
    const tools = loadFiles({
      'tools.yaml': `
tools:
  - name: add
    title: Add numbers
    input_schema: &numbers
      type: object
      properties: { n: { type: array, items: { $ref: '#/$defs/number' }, default: [1] } }
      $defs: { number: { type: number } }
    output_schema: *numbers
    annotations: { title: Adds, readOnlyHint: true }
    route: [adder]
    mode: wait
    wait_seconds: 5
    heartbeat_timeout: 60
    input_timeout: 90
    asks_first: true
    client_capabilities: [elicitation, roots]
    task_support: forbidden
    timeout: 0
`,
    });
    const tool = tools.find('add');
    expect(tool).toMatchObject({
      title: 'Add numbers',
      description: '',
      annotations: { title: 'Adds', readOnlyHint: true },
      steps: ['adder'],
      mode: 'wait',
      waitSeconds: 5,
      heartbeatTimeoutSeconds: 60,
      inputTimeoutSeconds: 90,
      asksFirst: true,
      clientCapabilities: ['elicitation', 'roots'],
      taskSupport: 'forbidden',
      timeoutSeconds: 0,
    });
    expect(tool?.outputSchema).toEqual(tool?.inputSchema);
    expect(tool?.checkArguments({})).toEqual({ ok: true, arguments: { n: [1] } });
    expect(tool?.checkArguments({ n: ['x'] })).toEqual({
      ok: false,
      faults: ['n[0] must be number'],
    });
  });

  test('without parameters takes no arguments', () => {
    const ping = loadFiles({ 't.yaml': 'tools: [{ name: ping, route: [p] }]' }).find('ping');
    expect(ping?.inputSchema).toEqual({
      type: 'object',
      properties: {},
      additionalProperties: false,
    });
  });

  test('sets defaults beneath the options of its tools', () => {
    const tools = loadFiles({
      'tools.yaml': `
defaults: { progress: true, timeout: 5, mode: handle, wait_seconds: 1, heartbeat_timeout: 2, input_timeout: 3, task_support: required, metadata: { a: 1 } }
tools:
  - { name: plain, route: [s] }
  - { name: own, route: [s], progress: false, timeout: 6, metadata: { b: 2 } }
`,
    });
    const defaults = {
      progress: true,
      timeoutSeconds: 5,
      mode: 'handle',
      waitSeconds: 1,
      heartbeatTimeoutSeconds: 2,
      inputTimeoutSeconds: 3,
      taskSupport: 'required',
      metadata: { a: 1 },
    };
    expect(tools.find('plain')).toMatchObject(defaults);
    expect(tools.find('own')).toMatchObject({
      ...defaults,
      progress: false,
      timeoutSeconds: 6,
      metadata: { b: 2 },
    });
    expect(tools.find('own')?.metadata).not.toHaveProperty('a');
  });

  test('may be empty, or not be there', () => {
    expect(loadTools(null).list()).toEqual([]);
    expect(loadFiles({ 'tools.yaml': '# nothing yet\n' }).list()).toEqual([]);
    expect(loadTools(null).find('constructor')).toBeNull();
  });
});

test('keys that begin with x- hold what is used elsewhere', () => {
  const text = 'x-steps: &steps [a, b]\ntools: [{ name: t, route: *steps }]';
  expect(loadFiles({ 't.yaml': text }).find('t')).toMatchObject({ steps: ['a', 'b'] });
  expect(refusalOfFiles({ 't.yaml': 'x_steps: []' })).toEqual([
    't.yaml:1:1 x_steps: unknown key; known: defaults, routes, tools',
  ]);
});

describe('a directory', () => {
  test('is read in name order and merged before it is checked', () => {
    const tools = loadFiles({
      'b.yml': 'defaults: { timeout: 7 }\ntools: [{ name: second, route: shared }]',
      'a.yaml': 'defaults: { timeout: 7 }\ntools: [{ name: first, route: shared }]',
      'c.yaml': 'routes: { shared: [s] }\ndefaults: { progress: true }',
      'notes.txt': 'not: [yaml',
    });
    expect(tools.list().map(({ name }) => name)).toEqual(['first', 'second']);
    expect(tools.list()[0]).toMatchObject({ steps: ['s'], timeoutSeconds: 7, progress: true });
  });

  test('is read without what editors and systems leave there', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tools-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const at = (name: string): string => join(directory, name);
    writeFileSync(at('tools.yaml'), 'tools: [{ name: ping, route: [p] }]');
    // Emacs locks a file with a link that leads nowhere, and keeps copies beside it, as others do.
    symlinkSync('ann@host.4711:1700000000', at('.#tools.yaml'));
    for (const name of [
      '#tools.yaml#',
      'tools.yaml~',
      '.tools.yaml.swp',
      '.tools.yaml',
      '._tools.yaml',
    ]) {
      writeFileSync(at(name), Buffer.from([0, 5, 22, 7, 0xff]));
    }
    mkdirSync(at('old.yaml'));
    writeFileSync(join(at('old.yaml'), 'old.yaml'), 'tools: 1');
    await promisify(execFile)('mkfifo', [at('pipe.yaml')]);
    expect(
      loadTools(directory)
        .list()
        .map(({ name }) => name),
    ).toEqual(['ping']);
    // This one somebody made, and would miss its tools.
    symlinkSync('nowhere', at('linked.yaml'));
    expect(() => loadTools(directory)).toThrow(/linked\.yaml: cannot be read: ENOENT/);
  });

  test('may not say different things of the same', () => {
    const a = 'defaults: { timeout: 7 }\nroutes:\n  r: [s]\ntools:\n  - name: t\n    route: r';
    const b = 'defaults: { timeout: 8 }\nroutes:\n  r: [s]\ntools:\n  - route: r\n    name: t';
    expect(refusalOfFiles({ 'a.yaml': a, 'b.yaml': b })).toEqual([
      'b.yaml:1:13 defaults.timeout: must be 7, as it is at a.yaml:1:13',
      'b.yaml:3:3 routes.r: is already defined at a.yaml:3:3',
      'b.yaml:6:5 tools[0].name: t is already the name of the tool at a.yaml:5:5',
    ]);
  });
});

describe('a path', () => {
  test('may name a single file, by any name', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tools-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'tools.conf');
    writeFileSync(file, 'tools: [{ name: ping, route: [p] }]');
    expect(loadTools(file).find('ping')).toMatchObject({ steps: ['p'] });
    writeFileSync(file, 'tools: [{ name: ping }]');
    const fault = new ToolsFileError(`${file}:1:9 tools[0]: has no route`);
    expect(() => loadTools(file)).toThrow(fault);
  });

  test('may name a hidden file, or a link', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tools-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, '.tools'), '\uFEFFtools: [{ name: ping, route: [p] }]');
    symlinkSync('.tools', join(directory, 'link'));
    for (const name of ['.tools', 'link']) {
      expect(loadTools(join(directory, name)).find('ping')).toMatchObject({ steps: ['p'] });
    }
  });

  test('to a pipe is refused, and nobody waits for its writer', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tools-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const pipe = join(directory, 'tools.yaml');
    await promisify(execFile)('mkfifo', [pipe]);
    const fault = new ToolsFileError(
      `${pipe}: cannot be read: it is neither a file nor a directory`,
    );
    expect(() => loadTools(pipe)).toThrow(fault);
  });

  test('to nowhere is refused', () => {
    expect(() => loadTools('/nowhere/tools.yaml')).toThrow(
      /^\/nowhere\/tools\.yaml: cannot be read: ENOENT/,
    );
  });
});

test('every fault is named at once, of all files', () => {
  expect(
    refusalOfFiles({
      'a.yaml': 'tools:\n  - name: a\n    route: gone\n    timeout: soon\n    mode: fast',
      'b.yaml': 'routes:\n  empty: []\ntools:\n  - name: b\n    route: empty\n    titel: B',
    }),
  ).toEqual([
    'b.yaml:2:3 routes.empty: must hold a step',
    'a.yaml:3:5 tools[0].route: no route "gone" is defined; known: empty; a route of one step is written [gone]',
    'a.yaml:4:5 tools[0].timeout: must be a whole number from 0 to 4294967, but is "soon"',
    'a.yaml:5:5 tools[0].mode: must be one of hybrid, handle, wait, but is "fast"',
    'b.yaml:6:5 tools[0].titel: unknown key; did you mean title?',
  ]);
});
