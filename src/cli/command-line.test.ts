import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { commandTable } from './command-table.ts';
import { helpOf, overview } from './help.ts';
import { UsageError } from './usage-error.ts';

async function parsed(...args: string[]) {
  const line = await parseCommandLine(args);
  if (line.kind !== 'run') return line;
  return { name: line.entry.name, args: line.given.args, options: { ...line.given.options } };
}

test('serve is the default command', async () => {
  expect(await parsed()).toEqual({ name: 'serve', args: [], options: {} });
  expect(await parsed('--port', '0')).toMatchObject({ name: 'serve', options: { port: '0' } });
});

test('a command may be of two words', async () => {
  expect(await parsed('jobs', 'ls', '--limit=5')).toEqual({
    name: 'jobs ls',
    args: [],
    options: { limit: '5' },
  });
});

test('options may stand between arguments, and be repeated', async () => {
  expect(await parsed('actor', '--only', 'x', 'a.ts', '--only', 'y')).toEqual({
    name: 'actor',
    args: ['a.ts'],
    options: { only: ['x', 'y'] },
  });
});

test('help is that of the command before it', async () => {
  expect(await parsed('--help')).toMatchObject({ kind: 'help', entry: null });
  expect(await parsed('jobs', '--help')).toMatchObject({ kind: 'help', entry: null });
  expect(await parsed('actor', '--help')).toMatchObject({ entry: { name: 'actor' } });
  expect(await parsed('-v')).toEqual({ kind: 'version' });
});

describe('refuses, and points to the help', () => {
  const cases: [string[], RegExp][] = [
    [['sevre'], /no command "sevre"; did you mean serve\?/],
    [['jobs'], /jobs takes a command: ls, show/],
    [['jobs', 'lss'], /no command "jobs lss"; did you mean jobs ls\?/],
    [['--prot', '1'], /--prot/],
    [['serve', '--actors', 'a.ts'], /--actors/],
    [['actor'], /actor takes FILE/],
    [['actor', 'a.ts', 'b.ts'], /unexpected argument "b.ts"/],
    [['serve', 'x'], /unexpected argument "x"/],
    [['--port'], /--port/],
    [['serve', '--port='], /--port needs a value/],
  ];
  for (const [args, message] of cases) {
    test(args.join(' '), async () => {
      const refusal = parseCommandLine(args);
      await expect(refusal).rejects.toThrow(UsageError);
      await expect(refusal).rejects.toThrow(message);
      await expect(refusal).rejects.toThrow(/--help$/);
    });
  }
});

describe('the help', () => {
  test('lists every command', () => {
    for (const { name } of commandTable) expect(overview()).toContain(`  ${name} `);
  });

  for (const entry of commandTable) {
    test(`of ${entry.name} has every option, and examples that parse`, async () => {
      const { default: command } = await entry.load();
      const text = helpOf(entry, command);
      for (const option of Object.keys(command.options)) expect(text).toContain(`--${option}`);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const [example] of command.examples) {
        expect(text).toContain(`asya-gateway ${example}`);
        // What a shell makes of it: without pipes, and with other commands' output in place.
        const [words = ''] = example.replaceAll(/\$\(.*?\)/g, 'ID').split(/ [|>] /);
        const line = await parseCommandLine(words.split(' '));
        expect(line.kind).toBe('run');
      }
    });
  }
});
