import { describe, expect, test } from 'vitest';
import { hosts } from './hosts.ts';

describe('a host is taken as browsers write it', () => {
  test.each([
    ['gateway.local', 'gateway.local'],
    ['Gateway.LOCAL', 'gateway.local'],
    ['gateway.local.', 'gateway.local'],
    ['gateway.local:8080', 'gateway.local:8080'],
    ['gateway', 'gateway'],
    ['my_gateway', 'my_gateway'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1:8080', '10.0.0.1:8080'],
    ['[::1]', '[::1]'],
    ['[::1]:8080', '[::1]:8080'],
    ['::1', '[::1]'],
    ['FD00:0:0::1', '[fd00::1]'],
    ['[fd00:0::1]:80', '[fd00::1]:80'],
  ])('%s', (text, host) => {
    expect(hosts(text)).toEqual([host]);
  });
});

test('several are separated by commas; white space, repeats and empty ones do not count', () => {
  expect(hosts(' a.example ,b.example:80,, A.EXAMPLE ,')).toEqual(['a.example', 'b.example:80']);
});

describe('what is no host is refused, with what is wrong with it', () => {
  test.each([
    ['*', /each host by name/],
    ['*.example', /each host by name/],
    ['.example', /each host by name/],
    ['gateway.local:*', /each host by name/],
    ['http://gateway.local', /without http:\/\//],
    ['https://gateway.local:8080/mcp', /without https:\/\//],
    ['gateway.local/', /without a path/],
    ['gateway.local/mcp', /without a path/],
    ['user@gateway.local', /user/],
    ['a.example b.example', /comma/],
    ['a.example;b.example', /comma/],
    ['"a.example"', /quotation mark/],
    ['gateway.local:', /port/],
    ['gateway.local:http', /port/],
    ['gateway.local:99999', /port/],
    ['[::1', /not a host/],
    ['::1]', /not a host/],
    ['a?b', /not a host/],
    ['a%b', /not a host/],
  ])('%s', (text, words) => {
    expect(() => hosts(`fine.example, ${text}`)).toThrow(words);
  });
});
