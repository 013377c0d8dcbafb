import { describe, expect, test } from 'vitest';
import { settleRepeats, valueOfJoined } from './repeated-headers.ts';

/** As Node joins lines: it keeps the first of some headers, and puts a comma between those of others. */
function settled(...lines: [string, string][]): Record<string, unknown> {
  const headers: Record<string, string> = {};
  for (const [given, value] of lines) {
    const name = given.toLowerCase();
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (name !== 'host' && name !== 'content-type') headers[name] = `${before}, ${value}`;
  }
  settleRepeats(headers, lines.flat());
  return headers;
}

test('equal repeats are one value, whether they came as lines or joined', () => {
  const once = { host: 'a', 'mcp-session-id': 's' };
  expect(settled(['Host', 'a'], ['Mcp-Session-Id', 's'])).toEqual(once);
  expect(settled(['Host', 'a'], ['host', 'a'], ['Mcp-Session-Id', 's'])).toEqual(once);
  expect(settled(['Host', 'a'], ['Mcp-Session-Id', 's'], ['MCP-SESSION-ID', 's'])).toEqual(once);
  expect(settled(['Host', 'a'], ['Mcp-Session-Id', 's, s,s'])).toEqual(once);
});

test.each<[string, [string, string][]]>([
  [
    'Host',
    [
      ['host', 'a'],
      ['host', 'b'],
    ],
  ],
  [
    'Content-Type',
    [
      ['content-type', 'a/b'],
      ['content-type', 'a/c'],
    ],
  ],
  [
    'MCP-Protocol-Version',
    [
      ['mcp-protocol-version', '1'],
      ['mcp-protocol-version', '2'],
    ],
  ],
  ['MCP-Protocol-Version', [['mcp-protocol-version', '1, 2']]],
  [
    'Mcp-Name',
    [
      ['mcp-name', 'a'],
      ['mcp-name', 'b'],
    ],
  ],
  [
    'Mcp-Param-X',
    [
      ['Mcp-Param-X', 'a'],
      ['Mcp-Param-X', 'b'],
    ],
  ],
])('different values are refused by name: %s', (name, lines) => {
  expect(() => settled(...lines)).toThrow(`the ${name} header was sent with different values`);
});

test('lists, what the gateway does not read, and commas that belong to a value stay as they are', () => {
  expect(settled(['accept', 'a'], ['accept', 'b'], ['x-other', '1'], ['x-other', '2'])).toEqual({
    accept: 'a, b',
    'x-other': '1, 2',
  });
  const lines: [string, string][] = [
    ['mcp-name', 'a, a'],
    ['mcp-param-x', 'b, c'],
    ['content-type', 'application/json; profile="a,b"'],
  ];
  expect(settled(...lines)).toEqual(Object.fromEntries(lines));
});

describe('a joined value', () => {
  test.each([
    ['a', 'a'],
    ['a,a', 'a'],
    ['a , a,  a', 'a'],
    ['a,b', null],
    ['a,', null],
    ['', ''],
  ])('%j is %j', (joined, value) => {
    expect(valueOfJoined(joined)).toBe(value);
  });
});
