import { CallToolResultV2Schema } from '@modelcontextprotocol/ext-tasks/core/v2';
import { specTypeSchemas } from '@modelcontextprotocol/client';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../lib/json.ts';
import { aJob } from '../../test/support/jobs.ts';
import { callResult, commonForm, newestForm, type CallToolResult } from './call-result.ts';
import { ownResult, type ResultForm } from './own-result.ts';

/* What actors return as content, right and wrong, and what strict readers of every version take. */

function own(value: Json, form: ResultForm = commonForm): CallToolResult | null {
  return ownResult(value, form);
}

const said = { type: 'text', text: 'done' };
const picture = { type: 'image', data: 'AA==', mimeType: 'image/png' };
const link = { type: 'resource_link', uri: 'file:///a', name: 'a' };
const file = { type: 'resource', resource: { uri: 'file:///a', text: 'x' } };
const sound = { type: 'audio', data: 'AA==', mimeType: 'audio/wav' };

describe('data that looks like content', () => {
  test.each<[string, JsonObject]>([
    ['an empty page of a list', { content: [], totalElements: 0, pageable: { page: 3 } }],
    ['a page of a list', { content: [said], totalElements: 1 }],
    ['nothing but an empty list', { content: [] }],
    [
      "a model's message",
      { id: 'm', type: 'message', role: 'assistant', content: [said], usage: { tokens: 1 } },
    ],
    ['a document', { title: 'A', content: [said] }],
    ['a member that every object has', JSON.parse('{"content":[],"constructor":1}')],
    ['a request for input', { content: [said], inputRequests: {} }],
  ])('stays data: %s', (_name, data) => {
    expect(own(data)).toBeNull();
    expect(own(data, newestForm)).toBeNull();
    expect(callResult(aJob({ status: 'Succeeded', result: data }))).toMatchObject({
      result: { content: [{ type: 'text', text: JSON.stringify(data) }], structuredContent: data },
    });
  });

  test.each<[string, JsonObject]>([
    ['a block', { content: [said] }],
    ['nothing, and says so', { content: [], isError: true }],
    ['structured content alone', { content: [], structuredContent: { a: 1 } }],
    ['metadata alone', { content: [], _meta: { 'example.com/a': 1 } }],
  ])('is a result if it holds %s', (_name, result) => {
    expect(own(result)).toEqual(result);
  });

  test.each(['complete', 'task', 5, null])(
    'is a result of which the gateway says the type, whatever the actor says: %j',
    (resultType) => {
      expect(own({ content: [said], resultType })).toEqual({ content: [said] });
    },
  );
});

describe('an optional member that is null', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['of a result', { isError: null, _meta: null, structuredContent: null }, {}],
  ])('is left out %s', (_name, given, sent) => {
    expect(own({ content: [said], ...given })).toEqual({ content: [said], ...sent });
    expect(own({ content: [said], ...given }, newestForm)).toEqual({ content: [said], ...sent });
  });

  test.each<[string, JsonObject, JsonObject]>([
    ['a text', { ...said, annotations: null, _meta: null }, said],
    [
      'annotations',
      { ...said, annotations: { audience: null, priority: 0.5, lastModified: null } },
      { ...said, annotations: { priority: 0.5 } },
    ],
    [
      'a link',
      { ...link, title: null, description: null, mimeType: null, size: null, icons: null },
      link,
    ],
    [
      'an icon',
      { ...link, icons: [{ src: 'data:,', mimeType: null, sizes: null, theme: null }] },
      { ...link, icons: [{ src: 'data:,' }] },
    ],
    [
      'an embedded text',
      {
        ...file,
        resource: { uri: 'file:///a', text: 'x', blob: null, mimeType: null, _meta: null },
      },
      file,
    ],
    [
      'an embedded file',
      { ...file, resource: { uri: 'file:///a', blob: 'AA==', text: null } },
      { ...file, resource: { uri: 'file:///a', blob: 'AA==' } },
    ],
    ['nothing that is named by MCP', { ...said, citations: null }, { ...said, citations: null }],
  ])('is left out of %s', (_name, given, sent) => {
    expect(own({ content: [given] })).toEqual({ content: [sent] });
  });
});

describe('a block that is not valid makes all of it data:', () => {
  test.each<[string, JsonObject]>([
    ['a type that there is not', { type: 'video', data: 'AA==', mimeType: 'video/mp4' }],
    ['a name of every object for a type', { type: 'constructor' }],
    ['no text', { type: 'text' }],
    ['null for a text', { type: 'text', text: null }],
    ['a priority beyond 1', { ...said, annotations: { priority: 5 } }],
    ['a negative priority', { ...said, annotations: { priority: -0.1 } }],
    ['an audience that is no list', { ...said, annotations: { audience: 'user' } }],
    ['an unknown audience', { ...said, annotations: { audience: ['system'] } }],
    ['nobody in an audience', { ...said, annotations: { audience: [null] } }],
    ['a date without a time', { ...said, annotations: { lastModified: '2025-01-12' } }],
    ['a time without an offset', { ...said, annotations: { lastModified: '2025-01-12T15:00:58' } }],
    ['no date', { ...said, annotations: { lastModified: '2025-02-30T15:00:58Z' } }],
    ['annotations that are a list', { ...said, annotations: [] }],
    ['metadata that is text', { ...said, _meta: 'x' }],
    ['no base64', { ...picture, data: 'not base64' }],
    ['base64url', { ...picture, data: '_-8=' }],
    ['base64 without its padding', { ...picture, data: 'AA' }],
    ['base64 with a line break', { ...picture, data: 'AA==\n' }],
    ['base64 with bits left over', { ...picture, data: 'AB==' }],
    ['a picture of no type', { type: 'image', data: 'AA==' }],
    ['a picture whose type is null', { ...picture, mimeType: null }],
    ['a link to nowhere', { ...link, uri: 'a' }],
    ['a link with a space', { ...link, uri: 'file:///a b' }],
    ['a link with a letter that URIs do not have', { ...link, uri: 'file:///ä' }],
    ['a link with half an escape', { ...link, uri: 'file:///%2' }],
    ['a link to no host', { ...link, uri: 'http://' }],
    ['a link to a host that cannot be', { ...link, uri: 'https://[::1' }],
    ['a link without a name', { ...link, name: null }],
    ['a size in parts', { ...link, size: 1.5 }],
    ['a negative size', { ...link, size: -1 }],
    ['a title that is a number', { ...link, title: 1 }],
    ['an icon without a source', { ...link, icons: [{}] }],
    ['an icon of no theme', { ...link, icons: [{ src: 'data:,', theme: 'blue' }] }],
    ['icons that are null', { ...link, icons: [null] }],
    ['an embedded resource that is empty', { ...file, resource: { uri: 'file:///a' } }],
    ['an embedded file that is no base64', { ...file, resource: { uri: 'file:///a', blob: '!' } }],
    ['no embedded resource', { type: 'resource', resource: null }],
  ])('%s', (_name, block) => {
    expect(own({ content: [said, block] })).toBeNull();
  });
});

test.each<[string, JsonObject]>([
  ['a token that is none', { progressToken: {} }],
  ['a task that is none', { 'io.modelcontextprotocol/related-task': 5 }],
])("a result's metadata with %s is not valid either", (_name, _meta) => {
  expect(own({ content: [said], _meta })).toBeNull();
});

test('blocks that a version does not know make it data to its readers', () => {
  const older: ResultForm = { ...commonForm, blockTypes: ['text', 'image', 'resource'] };
  for (const block of [sound, link]) {
    expect(own({ content: [block] })).not.toBeNull();
    expect(own({ content: [block] }, older)).toBeNull();
  }
  expect(own({ content: [said, picture, file] }, older)).not.toBeNull();
});

/*
 * Generated blocks: each member right, wrong, null or absent.
 */

const wrong = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constant(null)) as fc.Arbitrary<Json>;

/** Mostly as it should be. */
function nearly(right: fc.Arbitrary<unknown>): fc.Arbitrary<Json> {
  return fc.oneof(
    { weight: 12, arbitrary: right as fc.Arbitrary<Json> },
    { weight: 1, arbitrary: wrong },
  );
}

function members(
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<JsonObject> {
  const model = Object.fromEntries(
    Object.entries({ ...required, ...optional }).map(([name, right]) => [name, nearly(right)]),
  );
  return fc.record(model, { requiredKeys: Object.keys(required) });
}

const uri = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom('file:///a', 'urn:isbn:1', 'a b', '', 'mailto:a@b', 'ä:b', 'x:%zz'),
);
const base64 = fc.oneof(fc.base64String(), fc.string({ maxLength: 8 }));
const meta = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });
const instants = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom(
    '2025-01-12T15:00:58+02:00',
    '2024-02-29T23:59:59.123456Z',
    '2025-02-29T00:00:00Z',
    '2025-01-12T24:00:00Z',
    '2025-01-12 15:00:58Z',
    '2025-01-12T15:00Z',
    '0000-01-01T00:00:00Z',
  ),
);
const annotations = members(
  {},
  {
    audience: fc.array(fc.constantFrom('user', 'assistant'), { maxLength: 2 }),
    priority: fc.double({ min: 0, max: 1, noNaN: true }),
    lastModified: instants,
  },
);
const ofAll = { annotations, _meta: meta };
const icon = members(
  { src: uri },
  {
    mimeType: fc.string(),
    sizes: fc.array(fc.string(), { maxLength: 2 }),
    theme: fc.constantFrom('light', 'dark'),
  },
);
const type = (name: string) => ({ type: fc.constant(name) });
const anyBlock = fc.oneof(
  members({ ...type('text'), text: fc.string() }, ofAll),
  members({ ...type('image'), data: base64, mimeType: fc.string() }, ofAll),
  members({ ...type('audio'), data: base64, mimeType: fc.string() }, ofAll),
  members(
    { ...type('resource_link'), uri, name: fc.string() },
    {
      ...ofAll,
      title: fc.string(),
      description: fc.string(),
      mimeType: fc.string(),
      size: fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      icons: fc.array(icon, { maxLength: 2 }),
    },
  ),
  members(
    {
      ...type('resource'),
      resource: members(
        { uri },
        { text: fc.string(), blob: base64, mimeType: fc.string(), _meta: meta },
      ),
    },
    ofAll,
  ),
);

const anyResult = members(
  { content: fc.array(anyBlock, { maxLength: 2 }) },
  {
    structuredContent: meta,
    isError: fc.boolean(),
    _meta: fc.oneof(meta, members({}, { progressToken: fc.oneof(fc.string(), fc.double()) })),
    resultType: fc.constantFrom('complete', 'task'),
  },
);

/** The schema of MCP 2025-11-25 in JSON, with its formats; the other versions' differ only in being looser. */
const strict = addFormats.default(new Ajv2020({ strict: false })).compile(strictSchema());

describe('whatever an actor returns', () => {
  test('what is sent is read by the official packages and fits the schema of each version', () => {
    let passed = 0;
    fc.assert(
      fc.property(anyResult, (value) => {
        const result = JSON.parse(JSON.stringify(value)) as Json;
        const job = aJob({ status: 'Succeeded', result });
        if (own(result) !== null) passed++;
        for (const form of [commonForm, newestForm]) {
          const outcome = callResult(job, form);
          if (outcome.kind !== 'result') throw new Error('no result');
          const sent = JSON.parse(JSON.stringify(outcome.result)) as JsonObject;
          if (form === commonForm) CallToolResultSchema.parse(sent);
          CallToolResultV2Schema.parse({ ...sent, resultType: 'complete' });
          const { issues } = specTypeSchemas.CallToolResult['~standard'].validate(sent) as {
            issues?: readonly unknown[];
          };
          if (form === commonForm) expect(issues).toBeUndefined();
          strict(sent['content']);
          expect(strict.errors).toBeNull();
        }
      }),
      { numRuns: 3_000 },
    );
    // Else the generated blocks would show nothing.
    expect(passed).toBeGreaterThan(100);
  });

  test('what the schema allows is sent as it is', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { minLength: 1, maxLength: 2 }), (blocks) => {
        const content = JSON.parse(JSON.stringify(blocks)) as JsonObject[];
        fc.pre(strict(content) && content.every((block) => isStrictDate(block)));
        expect(own({ content })).toEqual({ content });
      }),
      { numRuns: 3_000 },
    );
  });
});

/** The JSON schema has no format for it, the official package has. */
function isStrictDate({ annotations: given }: JsonObject): boolean {
  const { lastModified } = Object(given) as { lastModified?: unknown };
  const text = { type: 'text', text: '', annotations: { lastModified } };
  return CallToolResultSchema.safeParse({ content: [text] }).success;
}

function strictSchema() {
  const object = (properties: object, required: string[] = []): object => ({
    type: 'object',
    properties,
    required,
  });
  const text = { type: 'string' };
  const uri = { type: 'string', format: 'uri' };
  const bytes = {
    type: 'string',
    format: 'byte',
    pattern:
      '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$',
  };
  const annotations = object({
    audience: { type: 'array', items: { enum: ['user', 'assistant'] } },
    priority: { type: 'number', minimum: 0, maximum: 1 },
    lastModified: text,
  });
  const ofAll = { annotations, _meta: { type: 'object' } };
  const contents = { uri, mimeType: text, _meta: { type: 'object' } };
  const media = (type: string): object =>
    object({ type: { const: type }, data: bytes, mimeType: text, ...ofAll }, [
      'type',
      'data',
      'mimeType',
    ]);
  const icon = object(
    {
      src: uri,
      mimeType: text,
      sizes: { type: 'array', items: text },
      theme: { enum: ['dark', 'light'] },
    },
    ['src'],
  );
  const link = object(
    {
      type: { const: 'resource_link' },
      uri,
      name: text,
      title: text,
      description: text,
      mimeType: text,
      size: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      icons: { type: 'array', items: icon },
      ...ofAll,
    },
    ['type', 'uri', 'name'],
  );
  const resource = {
    ...object({ ...contents, text, blob: bytes }, ['uri']),
    anyOf: [{ required: ['text'] }, { required: ['blob'] }],
  };
  return {
    type: 'array',
    items: {
      anyOf: [
        object({ type: { const: 'text' }, text, ...ofAll }, ['type', 'text']),
        media('image'),
        media('audio'),
        link,
        object({ type: { const: 'resource' }, resource, ...ofAll }, ['type', 'resource']),
      ],
    },
  };
}
