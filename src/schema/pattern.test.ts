import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPattern } from './pattern.ts';

describe('a pattern that only the lenient syntax allows is written strictly', () => {
  test.each([
    [String.raw`^\d{4}\-\d{2}$`, String.raw`^\d{4}-\d{2}$`],
    [String.raw`^[\w-\.]+@[\w-]+$`, String.raw`^[\w\-\.]+@[\w\-]+$`],
    [String.raw`\_\'\"\@\#\é`, `_'"@#é`],
    [String.raw`[\_\-\@]`, String.raw`[_\-@]`],
    [String.raw`[a-\d-z]`, String.raw`[a\-\d\-z]`],
    [String.raw`[\p{L}-.]+`, String.raw`[\p{L}\-.]+`],
    ['^{{.*}}$', String.raw`^\{\{.*\}\}$`],
    [String.raw`^\[.*]$`, String.raw`^\[.*\]$`],
    [String.raw`\u{1F600}\-`, String.raw`\u{1F600}-`],
    [String.raw`(?<=a)(?<n>b)\k<n>\-`, String.raw`(?<=a)(?<n>b)\k<n>-`],
  ])('%s', (lenient, strict) => {
    expect(readPattern(lenient)).toEqual({ pattern: strict });
  });
});

test('a strict pattern stays as it is', () => {
  for (const pattern of [
    '',
    '^a{2,}$',
    String.raw`[\w\-]\/\p{Lu}\u{1F600}`,
    '(?<!a)b',
    '[a-z--0]',
  ]) {
    expect(readPattern(pattern)).toEqual({ pattern });
  }
});

describe('refused with the reason', () => {
  test.each([
    ['(', 'Unterminated group'],
    ['a/u: (', 'Unterminated group'],
    ['[a', 'Unterminated character class'],
    ['(?i)a', 'Invalid group'],
    [String.raw`\Aa\z`, 'Invalid escape'],
    ['[[:alpha:]_]', 'Lone quantifier brackets'],
    ['a{,3}', 'Incomplete quantifier'],
    ['^[]a]$', 'Lone quantifier brackets'],
    ['"[a-z]+[^]"]*"', 'Lone quantifier brackets'],
    ['[a-z&&[^b]]', 'Lone quantifier brackets'],
    ['a\\', String.raw`\ at end of pattern`],
  ])('%s', (pattern, reason) => {
    expect(readPattern(pattern)).toEqual({
      problem: `must be a regular expression of JavaScript with the flag u: ${reason}`,
    });
  });
});

test('both ways of writing match the same', () => {
  const parts = [
    'a',
    'b',
    '-',
    '_',
    '@',
    '.',
    '^',
    '$',
    '*',
    '?',
    '|',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
  ];
  const escapes = [String.raw`\-`, String.raw`\_`, String.raw`\@`, String.raw`\d`, String.raw`\w`];
  const part = fc.constantFrom(...parts, ...escapes, '{2}', '[^', '1', ':');
  const pattern = fc.array(part, { maxLength: 12 }).map((all) => all.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '-', '_', '@', '.', '1', '{', '}', ']', ':'), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 5 }), (lenient, texts) => {
      const { pattern: strict } = { pattern: null, ...readPattern(lenient) };
      if (strict === null) return;
      for (const chars of texts) {
        const given = chars.join('');
        expect(new RegExp(strict, 'u').test(given)).toBe(new RegExp(lenient).test(given));
      }
    }),
    { numRuns: 2_000 },
  );
});
