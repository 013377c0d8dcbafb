import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import Type, { type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import type { Json, JsonObject } from '../lib/json.ts';
import { decodeErrorEnd, decodeHappyEnd } from './end-message.ts';
import { decodeEnvelope } from './envelope-codec.ts';
import { parseReport, reportSchemas } from './report.ts';

/*
 * Serialisers of many languages write null for what is absent: in every optional field of every message
 * and body null means that it is not there.
 */

/** A value that fits a schema, with every optional member, and the paths of those. */
interface Sample {
  readonly value: Json;
  readonly optional: readonly (readonly string[])[];
}

interface Schema extends Omit<TSchema, 'type'> {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly required?: readonly string[];
}

function sampleOf(schema: Schema): Sample {
  const { anyOf, allOf, properties, patternProperties, items } = schema;
  if (schema.enum !== undefined) return leaf(schema.enum[0] ?? null);
  const [first] = anyOf ?? [];
  if (first !== undefined) return sampleOf(first);
  if (allOf !== undefined) return merged(allOf.map(sampleOf));
  switch (schema.type) {
    case 'array': {
      const { value, optional } = sampleOf(items ?? {});
      return { value: [value], optional: optional.map((path) => ['0', ...path]) };
    }
    case 'object':
      return merged([
        ...Object.entries(properties ?? {}).map(([name, member]) => memberOf(name, member)),
        ...Object.values(patternProperties ?? {}).map((member) => memberOf('key', member)),
      ]);
    case 'integer':
    case 'number':
      return leaf(schema.minimum ?? 1);
    case 'boolean':
      return leaf(true);
    case 'string':
      return leaf('text');
    default:
      return leaf({});
  }
}

function leaf(value: Json): Sample {
  return { value, optional: [] };
}

function memberOf(name: string, schema: Schema): Sample {
  const { value, optional } = sampleOf(schema);
  const inside = optional.map((path) => [name, ...path]);
  const isOptional = Type.IsOptional(schema);
  return { value: { [name]: value }, optional: isOptional ? [[name], ...inside] : inside };
}

function merged(samples: readonly Sample[]): Sample {
  return {
    value: Object.assign({}, ...samples.map(({ value }) => value)) as JsonObject,
    optional: samples.flatMap(({ optional }) => optional),
  };
}

/** The value with a member replaced, or left out (undefined). */
function withMember(value: Json, path: readonly string[], member: Json | undefined): Json {
  const copy = structuredClone(value);
  const [last = '', ...parents] = path.toReversed();
  const parent = parents
    .toReversed()
    .reduce<unknown>((at, name) => Reflect.get(Object(at), name), copy) as JsonObject;
  if (member === undefined) delete parent[last];
  else parent[last] = member;
  return copy;
}

async function routeSchemas(): Promise<[string, Schema][]> {
  const folder = new URL('../http/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('-routes.ts'),
  );
  const modules = await Promise.all(
    files.map(async (file) => (await import(new URL(file, folder).href)) as object),
  );
  const factories = modules.flatMap((module) => Object.entries(module));
  return factories.flatMap(([name, make]): [string, Schema][] => {
    if (typeof make !== 'function') return [];
    const { schema } = make({}) as { schema?: { body?: Schema } };
    return schema?.body === undefined ? [] : [[name, schema.body]];
  });
}

const bodies = await routeSchemas();

test('the routes that take a body are found', () => {
  const some = ['answerJob', 'callTool', 'cancelJob', 'createEnvelope', 'final', 'heartbeat'];
  expect(bodies.map(([name]) => name)).toEqual(expect.arrayContaining(some));
});

const messages = Object.entries(reportSchemas) as unknown as [string, Schema][];
const cases = [...bodies, ...messages].flatMap(([name, schema]) => {
  const { value, optional } = sampleOf(schema);
  return optional
    .filter((path) => Check(schema, withMember(value, path, undefined)))
    .map((path) => [`${name}: ${path.join('.')}`, schema, value, path] as const);
});

test.each(cases)('null is allowed in the body of %s', (_name, schema, value, path) => {
  expect(Check(schema, value)).toBe(true);
  expect(Check(schema, withMember(value, path, null))).toBe(true);
});

/** What a decoder makes of a message must be the same with null as without the member. */
const decoded: [string, (message: Json) => unknown, JsonObject, string[]][] = [
  ...messages.map(([type, schema]): [string, (message: Json) => unknown, JsonObject, string[]] => {
    const { value, optional } = sampleOf(schema);
    const message = { ...(value as JsonObject), type, total_steps: 1, status: statusOf(type) };
    const fields = optional.map((path) => path.join('.'));
    // What one part of the message leaves open the other one may require.
    const open = fields.filter((field) => !isRequired(schema, field));
    return [type, parseReport, message, open];
  }),
  [
    'an envelope',
    (message) => decodeEnvelope(JSON.stringify(message)),
    {
      id: 'J1-1',
      job_id: 'J1-1',
      parent_id: 'J1',
      route: { steps: ['a'], actors: ['a'], current: 0, metadata: { job_id: 'J1-1' } },
      headers: { traceparent: '00-1' },
      payload: { n: 1 },
      deadline: '2026-01-01T00:00:00Z',
      answers: { size: { action: 'accept' } },
    },
    [
      'id',
      'job_id',
      'parent_id',
      'route.steps',
      'route.actors',
      'route.current',
      'route.metadata',
      'headers',
      'headers.traceparent',
      'payload',
      'deadline',
      'answers',
      'answers.size',
    ],
  ],
  [
    'a happy end',
    decodeHappyEnd,
    {
      id: 'J1-1',
      job_id: 'J1-1',
      parent_id: 'J1',
      route: { steps: ['a'], actors: ['a'] },
      payload: 1,
    },
    ['id', 'job_id', 'parent_id', 'route', 'route.steps', 'route.actors', 'payload'],
  ],
  [
    'an error end of the first generation',
    decodeErrorEnd,
    { job_id: 'J1', error: 'bad', error_details: { message: 'why' }, original_message: '{}' },
    ['error', 'error_details', 'original_message'],
  ],
  [
    'an error end of the second generation',
    decodeErrorEnd,
    {
      id: 'J1',
      parent_id: 'J0',
      error: 'bad',
      error_details: { message: 'why' },
      route: { actors: ['a'] },
      payload: { error: 'worse', details: { message: 'why' }, original_payload: 1 },
    },
    [
      'parent_id',
      'error',
      'error_details',
      'route',
      'payload',
      'payload.error',
      'payload.details',
      'payload.original_payload',
    ],
  ],
];

function isRequired({ allOf = [] }: Schema, field: string): boolean {
  return allOf.some(({ required = [] }) => required.includes(field));
}

function statusOf(type: string): string {
  return type === 'final' ? 'failed' : 'processing';
}

describe.each(decoded)('%s', (_name, decode, message, fields) => {
  test.each(fields)('says the same with null in %s as without it', (field) => {
    const path = field.split('.');
    const absent = decode(withMember(message, path, undefined));
    expect(decode(withMember(message, path, null))).toEqual(absent);
  });
});
