import { posix } from 'node:path';
import { defineConfig, type OxlintOverride } from 'oxlint';

/**
 * Which folders of src/ each folder may import from: data flows one way. A folder that is missing
 * here composes the others and may import from all of them: gateway.ts, main.ts, cli/.
 */
const directions: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  client: ['lib'],
  settings: ['lib', 'rabbitmq/connection/amqp-url.ts'],
  schema: ['lib'],
  yaml: ['lib', 'schema/path.ts'],
  tools: ['lib', 'schema', 'yaml', 'access/scope-list.ts'],
  access: ['lib', 'yaml'],
  jobs: ['lib', 'schema'],
  wire: ['lib', 'jobs'],
  calls: ['lib', 'access', 'tools', 'jobs'],
  memory: ['lib', 'jobs', 'wire', 'actor/actor-broker.ts'],
  postgres: ['lib', 'jobs', 'access/usage.ts'],
  rabbitmq: ['lib', 'jobs', 'wire', 'actor/actor-broker.ts'],
  metrics: ['lib', 'jobs', 'http/server/responses.ts'],
  actor: ['lib', 'jobs', 'wire'],
  'mcp/rpc': ['lib', 'access', 'jobs', 'calls'],
  'mcp/calls': ['lib', 'access', 'tools', 'jobs', 'calls', 'mcp/rpc'],
  'mcp/legacy': ['lib', 'access', 'tools', 'jobs', 'calls', 'mcp/rpc', 'mcp/calls'],
  'mcp/modern': ['lib', 'access', 'tools', 'jobs', 'calls', 'mcp/rpc', 'mcp/calls'],
  mcp: ['lib', 'access', 'tools', 'jobs', 'calls'],
  http: ['lib', 'access', 'tools', 'jobs', 'calls', 'wire', 'config.ts'],
};

/** The folders of src/ that know each driver or framework. */
const packages: Readonly<Record<string, readonly string[]>> = {
  postgres: ['postgres'],
  'rabbitmq-client': ['rabbitmq'],
  smqp: ['memory'],
  jose: ['access'],
  'prom-client': ['metrics'],
  fastify: ['http', 'mcp'],
};

/** Tests compose, too: a store's contract needs the store. */
const tests = ['**/*.test.ts'];

/**
 * @param folder below src/, such as `mcp/rpc`
 * @param depth 0: the rule for the folder's own files; 1: for those of its subfolders
 */
function importsOf(folder: string, allowed: readonly string[], depth: 0 | 1): OxlintOverride {
  const directory = `${folder}${depth === 1 ? '/any' : ''}`;
  const fromHere = (path: string): string => posix.relative(directory, path);
  const foreign = Object.entries(packages)
    .filter(([, owners]) => !owners.includes(folder.split('/')[0] ?? ''))
    .map(([name]) => name);
  return {
    files: [`src/${folder}${depth === 1 ? '/*' : ''}/*`],
    excludeFiles: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                `${fromHere(posix.dirname(folder))}/**`,
                ...allowed.flatMap((to) => [`!${fromHere(to)}`, `!${fromHere(to)}/**`]),
              ],
              message: `src/${folder} imports only from: ${[folder, ...allowed].join(', ')}`,
            },
            {
              regex: `^(${foreign.join('|')})(/|$)`,
              message: `src/${folder} does without this package`,
            },
          ],
        },
      ],
    },
  };
}

/** Folders whose subfolders have rules of their own. */
const parents = new Set(Object.keys(directions).map((folder) => posix.dirname(folder)));

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'node', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  env: { node: true, es2024: true },
  ignorePatterns: ['dist', 'coverage'],
  options: { typeAware: true },
  rules: {
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/return-await': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],

    // The compiler knows better which function may end without a value.
    'typescript/consistent-return': 'off',
    // TypeBox and fast-check offer the same things both ways, and are read better as Type.* and fc.*.
    'import/no-named-as-default': 'off',
    'import/no-named-as-default-member': 'off',
    // Loops here wait on purpose: one round at a time, in order.
    'no-await-in-loop': 'off',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    // Copies are the point: values do not change here.
    'oxc/no-map-spread': 'off',
    // A function stands where it is used.
    'unicorn/consistent-function-scoping': 'off',
    // A property's assertions are inside fast-check's predicate, which the rules cannot see.
    'vitest/expect-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'vitest/valid-title': 'off',
    // Needed where JSON and rows enter; a check at run time stands beside each.
    'typescript/no-unsafe-type-assertion': 'off',
  },
  overrides: [
    {
      files: ['src/**', 'scripts/**'],
      excludeFiles: tests,
      rules: { 'max-lines': ['error', { max: 350 }] },
    },
    {
      files: ['src/**'],
      excludeFiles: [...tests, 'src/main.ts', 'src/cli/**'],
      rules: {
        'no-console': 'error',
        'no-restricted-globals': [
          'error',
          'process',
          ...['setTimeout', 'setInterval'].map((name) => ({
            name,
            message: 'Use lib/timer.ts: a timer that is given more than 24.8 days fires at once.',
          })),
        ],
      },
    },
    ...Object.entries(directions).flatMap(([folder, allowed]) => [
      importsOf(folder, allowed, 0),
      ...(parents.has(folder) ? [] : [importsOf(folder, allowed, 1)]),
    ]),
  ],
});
