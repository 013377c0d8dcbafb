import { parseArgs } from 'node:util';
import { nearest } from '../lib/nearest.ts';
import { commandTable, type CommandEntry } from './command-table.ts';
import type { Command, Given, OptionSpecs } from './command.ts';
import { UsageError } from './usage-error.ts';

export type CommandLine =
  | { readonly kind: 'version' }
  /** Null: the help of all commands. */
  | { readonly kind: 'help'; readonly entry: CommandEntry | null }
  /** Hidden: what the shells' completion asks. */
  | { readonly kind: 'complete'; readonly words: readonly string[] }
  | {
      readonly kind: 'run';
      readonly entry: CommandEntry;
      readonly command: Command;
      readonly given: Given<OptionSpecs>;
    };

type OptionValue = boolean | string | readonly string[] | undefined;

const common = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** @throws UsageError */
export async function parseCommandLine(args: readonly string[]): Promise<CommandLine> {
  if (args[0] === '__complete') return { kind: 'complete', words: args.slice(1) };
  const { entry, rest } = chosen(args);
  if (entry === null) return { kind: 'help', entry: null };
  const { default: command } = await entry.load();
  const { values, positionals } = parse(entry, command, rest);
  if (values['help'] === true) {
    const isNamed = args[0] !== undefined && !args[0].startsWith('-');
    return { kind: 'help', entry: isNamed ? entry : null };
  }
  if (values['version'] === true) return { kind: 'version' };

  for (const [name, value] of Object.entries(values)) {
    if (value === '' || (Array.isArray(value) && value.includes('')))
      throw new UsageError(`--${name} needs a value`, entry.name);
  }
  const { minArgs, maxArgs, usage } = command;
  if (positionals.length < minArgs)
    throw new UsageError(`${entry.name} takes ${usage}`, entry.name);
  if (positionals.length > maxArgs) {
    throw new UsageError(`unexpected argument "${positionals[maxArgs]}"`, entry.name);
  }
  return {
    kind: 'run',
    entry,
    command,
    given: { options: values as Given<OptionSpecs>['options'], args: positionals },
  };
}

/** The command that the first words name, and what comes after them. Without a word: `serve`. */
function chosen(args: readonly string[]): {
  readonly entry: CommandEntry | null;
  readonly rest: readonly string[];
} {
  const [first, second] = args;
  if (first === undefined || first.startsWith('-')) return { entry: entryOf('serve'), rest: args };
  if (first === 'help') return { entry: null, rest: [] };
  const single = entryOf(first);
  if (single !== null) return { entry: single, rest: args.slice(1) };

  const group = commandTable.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length === 0) throw new UsageError(unknownText(first, firstWords()));
  const subcommands = group.map(({ name }) => name.slice(first.length + 1));
  if (second === undefined || second.startsWith('-')) {
    const isHelp = second === '--help' || second === '-h';
    if (isHelp) return { entry: null, rest: [] };
    throw new UsageError(`${first} takes a command: ${subcommands.join(', ')}`);
  }
  const entry = entryOf(`${first} ${second}`);
  if (entry === null) throw new UsageError(unknownText(second, subcommands, `${first} `));
  return { entry, rest: args.slice(2) };
}

function entryOf(name: string): CommandEntry | null {
  return commandTable.find((entry) => entry.name === name) ?? null;
}

function firstWords(): string[] {
  return [...new Set(commandTable.map(({ name }) => name.replace(/ .*/, '')))];
}

function unknownText(word: string, known: readonly string[], before = ''): string {
  const near = nearest(word, known);
  const way = near === null ? '' : `; did you mean ${before}${near}?`;
  return `there is no command "${before}${word}"${way}`;
}

function parse({ name }: CommandEntry, { options }: Command, args: readonly string[]) {
  try {
    const config = { args: [...args], options: { ...options, ...common }, allowPositionals: true };
    const { values, positionals } = parseArgs(config);
    return { values: values as Readonly<Record<string, OptionValue>>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), name);
  }
}
