import { expect, test } from 'vitest';
import type { JsonObject } from '../lib/json.ts';
import { mirroredParameters, mirroringFaults } from './mirrored-parameters.ts';

function mirrored(header: unknown, type = 'string'): JsonObject {
  return Object({ type, 'x-mcp-header': header });
}

test('mirrored parameters are found by their path', () => {
  const schema = {
    properties: {
      region: mirrored('Region'),
      target: { properties: { zone: mirrored('Zone'), 'x-mcp-header': { type: 'string' } } },
      list: { items: { type: 'string' }, default: { 'x-mcp-header': 'a value' } },
    },
  };
  expect(mirroredParameters(schema)).toEqual([
    { path: ['region'], header: 'Region' },
    { path: ['target', 'zone'], header: 'Zone' },
  ]);
  expect(mirroringFaults(schema)).toEqual([]);
});

test.each<[string, JsonObject, string]>([
  ['', { properties: { a: mirrored('') } }, 'properties.a'],
  ['a space', { properties: { a: mirrored('A B') } }, 'properties.a'],
  ['a number', { properties: { a: mirrored(7) } }, 'properties.a'],
  ['a fraction', { properties: { a: mirrored('A', 'number') } }, 'properties.a'],
  ['an object', { properties: { a: mirrored('A', 'object') } }, 'properties.a'],
  ['twice', { properties: { a: mirrored('A'), b: mirrored('a') } }, 'properties.b'],
  ['the root', mirrored('A', 'object'), ''],
  ['items', { properties: { a: { items: mirrored('A') } } }, 'properties.a.items'],
  ['a choice', { anyOf: [{ properties: { a: mirrored('A') } }] }, 'anyOf.0.properties.a'],
  ['a definition', { $defs: { a: mirrored('A') } }, '$defs.a'],
])('an annotation against the rules is found: %s', (_name, schema, place) => {
  const [fault, ...others] = mirroringFaults(schema);
  expect(fault?.path.join('.')).toBe(`${place}.x-mcp-header`.replace(/^\./, ''));
  expect(others).toEqual([]);
});
