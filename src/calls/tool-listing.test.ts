import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { aTool } from '../../test/support/app.ts';
import type { JsonObject } from '../lib/json.ts';
import { toolDefinition } from './tool-listing.ts';

function outputCheck(outputSchema: JsonObject) {
  const offered = toolDefinition(aTool({ outputSchema }), false).outputSchema;
  expect(offered).toMatchObject({ type: 'object' });
  return new Ajv2020().compile(offered ?? {});
}

describe('the output schema on offer', () => {
  const tree = {
    type: 'object',
    properties: {
      label: { $ref: '#/$defs/label' },
      children: { type: 'array', items: { $ref: '#' } },
    },
    required: ['label'],
    $defs: { label: { type: 'string' } },
  };

  test('allows the result, a job handle and a failure', () => {
    const check = outputCheck(tree);
    expect(check({ label: 'a', children: [{ label: 'b' }] })).toBe(true);
    expect(check({ job_id: 'x', message: 'Job created' })).toBe(true);
    expect(check({ job_id: 'x', reason: 'ActorError', error: 'no' })).toBe(true);
  });

  test('allows nothing else, references to its own root included', () => {
    const check = outputCheck(tree);
    expect(check({})).toBe(false);
    expect(check({ label: 1 })).toBe(false);
    expect(check({ label: 'a', children: [{ label: 2 }] })).toBe(false);
  });

  test('keeps the references of a schema that has an id', () => {
    const check = outputCheck({ ...tree, $id: 'https://example.com/tree' });
    expect(check({ label: 'a', children: [{ label: 'b' }] })).toBe(true);
    expect(check({ label: 'a', children: [{ label: 2 }] })).toBe(false);
  });

  test('says at its root what dialect it is written in', async () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const pair = { type: 'array', items: [{ $ref: '#/definitions/n' }, { type: 'string' }] };
    const own = { $schema, type: 'object', properties: { pair }, required: ['pair'] };
    const outputSchema = { ...own, definitions: { n: { type: 'integer' } } };
    const offered = toolDefinition(aTool({ outputSchema }), false).outputSchema;
    expect(offered).toMatchObject({ $schema, anyOf: [{ type: 'object' }, {}] });
    const check = new Ajv({ strictTuples: false }).compile(offered ?? {});
    expect(check({ pair: [1, 'a'] })).toBe(true);
    expect(check({ pair: ['a', 1] })).toBe(false);
    expect(check({ job_id: 'x' })).toBe(true);
  });

  test('is left out where results are no objects', () => {
    const definition = toolDefinition(aTool({ outputSchema: { type: 'array' } }), false);
    expect(definition).not.toHaveProperty('outputSchema');
  });
});

test('a definition names only what the tool has', () => {
  const { name, description, inputSchema } = aTool();
  expect(toolDefinition(aTool(), false)).toEqual({ name, description, inputSchema });
  const more = { title: 'Enhance', annotations: { readOnlyHint: true } };
  expect(toolDefinition(aTool(more), false)).toEqual({ name, description, inputSchema, ...more });
  const execution = { taskSupport: 'required' };
  expect(toolDefinition(aTool({ taskSupport: 'required' }), true)).toMatchObject({ execution });
});
