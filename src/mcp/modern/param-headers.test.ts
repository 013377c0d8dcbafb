import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../lib/json.ts';
import { paramHeadersFault } from './param-headers.ts';

const schema: JsonObject = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    size: { type: 'integer', 'x-mcp-header': 'Size' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
    target: { type: 'object', properties: { zone: { type: 'string', 'x-mcp-header': 'Zone' } } },
    tags: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Tag' } },
    plain: { type: 'string' },
    anything: true,
  },
};

function fault(given: Json | undefined, headers: Record<string, string> = {}): string | null {
  return paramHeadersFault(schema, given, headers);
}

describe('the headers fit', () => {
  test.each<[Json | undefined, Record<string, string>]>([
    [{ region: 'eu' }, { 'mcp-param-region': 'eu' }],
    [{ region: 'Grün' }, { 'mcp-param-region': '=?base64?R3LDvG4=?=' }],
    [{ size: 42 }, { 'mcp-param-size': '42' }],
    [{ size: 42 }, { 'mcp-param-size': '42.0' }],
    [{ dry: false }, { 'mcp-param-dry-run': 'false' }],
    [{ target: { zone: 'a' } }, { 'mcp-param-zone': 'a' }],
    [{ region: null }, {}],
    [{ plain: 'x', anything: 1, tags: ['a'] }, {}],
    [{}, {}],
    [undefined, {}],
    ['no object', {}],
    [{ region: ['of a wrong type'] }, {}],
    [{ target: 'of a wrong type' }, {}],
  ])('%j', (given, headers) => {
    expect(fault(given, headers)).toBeNull();
  });
});

describe('the headers do not fit', () => {
  test.each<[Json, Record<string, string>]>([
    [{ region: 'eu' }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'us' }],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }],
    [{ size: 42 }, { 'mcp-param-size': '43' }],
    [{ size: 0 }, { 'mcp-param-size': '' }],
    [{ size: 16 }, { 'mcp-param-size': '0x10' }],
    [{ dry: true }, { 'mcp-param-dry-run': 'TRUE' }],
    [{ target: { zone: 'a' } }, {}],
    [{}, { 'mcp-param-region': 'eu' }],
    [{ region: null }, { 'mcp-param-region': 'eu' }],
  ])('%j', (given, headers) => {
    expect(fault(given, headers)).toMatch(/^The Mcp-Param-(Region|Size|Dry-Run|Zone) header /);
  });
});

test('a name of every object is no argument', () => {
  const named = { properties: { constructor: { 'x-mcp-header': 'C' } } };
  expect(paramHeadersFault(named, {}, {})).toBeNull();
});
