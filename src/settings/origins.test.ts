import { describe, expect, test } from 'vitest';
import { origins } from './origins.ts';

describe('an origin is taken as browsers write it', () => {
  test.each([
    ['https://app.example', 'https://app.example'],
    ['https://app.example/', 'https://app.example'],
    ['HTTPS://App.Example', 'https://app.example'],
    ['https://app.example:443', 'https://app.example'],
    ['http://app.example:80/', 'http://app.example'],
    ['http://app.example:8080', 'http://app.example:8080'],
    ['https://app.example:80', 'https://app.example:80'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[0:0:0:0:0:0:0:1]:3000', 'http://[::1]:3000'],
    ['chrome-extension://abcdefghijklmnop', 'chrome-extension://abcdefghijklmnop'],
    ['vscode-webview://1A2B', 'vscode-webview://1a2b'],
    ['app://obsidian.md', 'app://obsidian.md'],
  ])('%s', (text, origin) => {
    expect(origins(text)).toEqual([origin]);
  });
});

test('several are separated by commas; white space, repeats and empty ones do not count', () => {
  expect(origins(' https://a.example/ ,https://b.example,, HTTPS://A.EXAMPLE:443 ,')).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
});

describe('what no browser sends is refused, with what is wrong with it', () => {
  test.each([
    ['*', /each origin by name/],
    ['https://*.example', /each origin by name/],
    ['https://app.example:*', /each origin by name/],
    ['null', /null/],
    ['NULL', /null/],
    ['app.example', /https:\/\/app\.example/],
    ['localhost:3000', /http:\/\/localhost:3000/],
    ['//app.example', /scheme/],
    ['https://', /not a URL/],
    ['https://app.example/path', /without a path/],
    ['https://app.example?x', /without a path/],
    ['https://app.example/#x', /without a path/],
    ['https://user@app.example', /user/],
    ['https://user:hunter2@app.example', /user/],
    ['htps://app.example', /https/],
    ['wss://app.example', /http/],
    ['ftp://app.example', /http/],
    ['file:///index.html', /null/],
    ['data:text/html,x', /scheme/],
    ['https://a.example https://b.example', /comma/],
    ['https://a.example;https://b.example', /comma/],
    ['"https://a.example"', /quotation mark/],
    ["'https://a.example'", /quotation mark/],
    ['[https://a.example]', /scheme/],
    ['https://a_b|c.example', /not a URL/],
    ['https://app.example:99999', /not a URL/],
  ])('%s', (text, words) => {
    expect(() => origins(`https://fine.example, ${text}`)).toThrow(words);
    expect(() => origins(text)).not.toThrow(/hunter2/);
  });
});
