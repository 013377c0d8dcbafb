import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { variables } from '../../src/config.ts';

test('the README has a row for every variable that is read, and for no other', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(ASYA_\w+)`/gm)].map(([, name]) => name);
  expect(new Set(rows)).toEqual(new Set(variables));
});
