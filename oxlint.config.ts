import { defineConfig, type OxlintOverride } from 'oxlint';

/**
 * Which folders of src/ each folder may import from: data flows one way. What is not listed
 * composes the others and may import from all: gateway.ts, main.ts, cli/.
 */
const directions = {
  lib: [],
  tools: ['lib'],
  jobs: ['lib', 'tools'],
  memory: ['lib', 'tools', 'jobs', 'actor/actor-broker.ts'],
  postgres: ['lib', 'tools', 'jobs'],
  rabbitmq: ['lib', 'tools', 'jobs', 'actor/actor-broker.ts'],
  metrics: ['lib', 'tools', 'jobs', 'http/answers.ts'],
  actor: ['lib', 'tools', 'jobs'],
  mcp: ['lib', 'tools', 'jobs'],
  http: ['lib', 'tools', 'jobs', 'mcp', 'config.ts'],
} as const;

/** The folders of src/ that know each driver or framework. */
const packages: Readonly<Record<string, readonly string[]>> = {
  postgres: ['postgres'],
  'rabbitmq-client': ['rabbitmq'],
  smqp: ['memory'],
  'prom-client': ['metrics'],
  fastify: ['http', 'mcp'],
};

/** Tests compose, too: a store's contract needs the store. */
const tests = ['**/*.test.ts'];

/** @param depth how many folders the files are below src/ */
function importsOf(folder: string, allowed: readonly string[], depth: 1 | 2): OxlintOverride {
  const src = '../'.repeat(depth);
  const foreign = Object.entries(packages)
    .filter(([, owners]) => !owners.includes(folder))
    .map(([name]) => name);
  return {
    files: [`src/${folder}${'/*'.repeat(depth)}`],
    excludeFiles: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [`${src}**`, ...allowed.flatMap((to) => [`!${src}${to}`, `!${src}${to}/**`])],
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
      rules: { 'no-console': 'error', 'no-restricted-globals': ['error', 'process'] },
    },
    ...Object.entries(directions).flatMap(([folder, allowed]) => [
      importsOf(folder, allowed, 1),
      importsOf(folder, allowed, 2),
    ]),
  ],
});
