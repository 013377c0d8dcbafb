import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/*
 * A name means one thing throughout src/. Who meets it in another folder need not ask which is meant.
 */

interface Declaration {
  readonly name: string;
  readonly file: string;
  readonly isExported: boolean;
  readonly isType: boolean;
}

const root = new URL('../', import.meta.url);

const declaration =
  /^(export )?(?:declare )?(?:abstract )?(?:async )?(class|interface|type|enum|function\*?|const|let) +(\w+)/gm;

const declarations: readonly Declaration[] = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap((file) =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(declaration)].map(
      ([, exported, kind = '', name = '']) => ({
        name,
        file,
        isExported: exported !== undefined,
        isType: ['class', 'interface', 'type', 'enum'].includes(kind),
      }),
    ),
  );

/** The names that several files declare, with these files. */
function shared(among: readonly Declaration[]): Readonly<Record<string, readonly string[]>> {
  const filesOf = Map.groupBy(among, ({ name }) => name);
  const several = [...filesOf]
    .map(([name, found]) => [name, [...new Set(found.map(({ file }) => file))]] as const)
    .filter(([, files]) => files.length > 1);
  return Object.fromEntries(several);
}

test('there are names to look at', () => {
  expect(declarations.length).toBeGreaterThan(500);
});

test('no two files export the same name', () => {
  expect(shared(declarations.filter(({ isExported }) => isExported))).toEqual({});
});

test('an exported type has its name for itself', () => {
  const types = declarations.filter(({ isType }) => isType);
  const exported = new Set(types.filter(({ isExported }) => isExported).map(({ name }) => name));
  expect(shared(types.filter(({ name }) => exported.has(name)))).toEqual({});
});
