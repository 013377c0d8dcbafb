import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from './json-rpc.ts';

describe('readMessage', () => {
  test('reads a request', () => {
    expect(readMessage({ jsonrpc: '2.0', id: 'a', method: 'ping', params: { x: 1 } })).toEqual({
      kind: 'request',
      id: 'a',
      method: 'ping',
      params: { x: 1 },
    });
  });

  test.each([undefined, null])('takes params that are %s for empty ones', (params) => {
    expect(readMessage({ jsonrpc: '2.0', id: 0, method: 'ping', params })).toMatchObject({
      kind: 'request',
      params: {},
    });
  });

  test('reads a notification', () => {
    expect(readMessage({ jsonrpc: '2.0', method: 'notifications/initialized' })).toEqual({
      kind: 'notification',
      method: 'notifications/initialized',
      params: {},
    });
  });

  test.each([
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', id: 'x', error: { code: -1, message: 'no' } },
    { jsonrpc: '2.0', error: { code: -1, message: 'no' } },
  ])('reads a response: %j', (value) => {
    const { jsonrpc: _, id = null, ...outcome } = value;
    expect(readMessage(value)).toEqual({ kind: 'response', id, ...outcome });
  });

  test.each([
    ['not an object', 1, null, -32600],
    ['an array', [], null, -32600],
    ['without jsonrpc', { id: 1, method: 'ping' }, 1, -32600],
    ['of JSON-RPC 1.0', { jsonrpc: '1.0', id: 1, method: 'ping' }, 1, -32600],
    ['with a method that is no string', { jsonrpc: '2.0', id: 1, method: 2 }, 1, -32600],
    ['with neither method nor result', { jsonrpc: '2.0', id: 1 }, 1, -32600],
    ['with result and error', { jsonrpc: '2.0', id: 1, result: {}, error: {} }, 1, -32600],
    ['a result without an id', { jsonrpc: '2.0', result: {} }, null, -32600],
    [
      'with params that are text',
      { jsonrpc: '2.0', id: 1, method: 'ping', params: 'x' },
      1,
      -32600,
    ],
    ['with params by position', { jsonrpc: '2.0', id: 1, method: 'ping', params: [1] }, 1, -32602],
    ['with the id null', { jsonrpc: '2.0', id: null, method: 'ping' }, null, -32600],
    ['with a fractional id', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, null, -32600],
    ['with an id beyond 2^53', { jsonrpc: '2.0', id: 1e300, method: 'ping' }, null, -32600],
    ['with an id that is an object', { jsonrpc: '2.0', id: {}, method: 'ping' }, null, -32600],
  ])('refuses a message %s', (_name, value, id, code) => {
    expect(readMessage(value)).toMatchObject({ kind: 'malformed', id, error: { code } });
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readMessage(value)).toHaveProperty('kind');
      }),
    );
  });
});
