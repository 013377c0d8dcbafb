import { describe, expect, test } from 'vitest';
import { listenAddress } from './listen-address.ts';

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['LocalHost', 'localhost'],
  ['gateway.local', 'gateway.local'],
  ['::', '::'],
  ['[::]', '::'],
  ['::1', '::1'],
  ['[::1]', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FD00::0:1', 'fd00::1'],
  ['::ffff:127.0.0.1', '::ffff:7f00:1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['127.1', '127.0.0.1'],
  ['[fe80::1%eth0]', 'fe80::1%eth0'],
])('%s is listened on as %s', (text, address) => {
  expect(listenAddress(text)).toBe(address);
});

describe('what is no address is refused, with the way out', () => {
  test.each([
    ['*', /0\.0\.0\.0/],
    ['127.0.0.1:8080', /ASYA_GATEWAY_PORT/],
    ['[::1]:8080', /ASYA_GATEWAY_PORT/],
    ['localhost:8080', /ASYA_GATEWAY_PORT/],
    ['http://localhost', /without http:\/\//],
    ['localhost/', /an address/],
    ['10.0.0.0/8', /an address/],
    ['a b', /an address/],
    ['a,b', /one address/],
    ['[::1', /an address/],
    ['256.0.0.1', /an address/],
  ])('%s', (text, words) => {
    expect(() => listenAddress(text)).toThrow(words);
  });
});
