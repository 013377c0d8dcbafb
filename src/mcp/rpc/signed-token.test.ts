import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openToken, sealToken } from './signed-token.ts';

const content = { v: '2025-11-25', n: 1 };
const token = sealToken('secret', 'session', content);
const [body = '', signature = ''] = token.split('.');

describe('a signed token', () => {
  test('is opened by its secret, for its purpose', () => {
    expect(openToken('secret', 'session', token)).toEqual(content);
    expect(openToken('other', 'session', token)).toBeNull();
    expect(openToken('secret', 'request-state', token)).toBeNull();
  });

  test.each([
    ['with a character behind it that base64 skips', `${token}!`],
    ['with padding', `${token}=`],
    ['with a space in its signature', `${body}.${signature.slice(0, 5)} ${signature.slice(5)}`],
    ['with the bits that base64 leaves over set', `${body}.${withSpareBits(signature)}`],
    ['with a character before its signature', `${body}.~${signature}`],
    ['of another length', token.slice(0, -1)],
    ['without a signature', `${body}.`],
    ['with a third part', `${token}.`],
  ])('has no other spelling, such as one %s', (_name, text) => {
    expect(text).not.toBe(token);
    expect(openToken('secret', 'session', text)).toBeNull();
  });

  test('is opened by no text but its own', () => {
    const mutation = fc.record({ at: fc.nat(token.length), cut: fc.nat(2), put: fc.string() });
    fc.assert(
      fc.property(mutation, ({ at, cut, put }) => {
        const text = token.slice(0, at) + put + token.slice(at + cut);
        expect(openToken('secret', 'session', text)).toEqual(text === token ? content : null);
      }),
    );
  });
});

/** 32 bytes take 43 characters, the last of which has two bits that say nothing. */
function withSpareBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (alphabet[alphabet.indexOf(text.slice(-1)) | 1] ?? '');
}
