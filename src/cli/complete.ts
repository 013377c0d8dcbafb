import type { ApiJob } from '../client/api.ts';
import type { GatewayClient } from '../client/gateway-client.ts';
import { openClient } from './calls/client-session.ts';
import { commandTable } from './command-table.ts';
import type { Command, Completable } from './command.ts';
import { toolsOf } from './calls/find-tool.ts';
import { oneLine } from './terminal/terminal.ts';

/** Nobody waits longer for the Tab key. */
const patienceMs = 2_000;

/** Tells a shell to offer files. */
const filesWanted = ':file';

/**
 * Prints what the last word may become, a line each: `WORD`, or `WORD<Tab>DESCRIPTION`. `:file` on a line
 * asks the shell for its files. Whatever goes wrong offers nothing, because a message would stand in the
 * user's command line.
 *
 * @param words those after the program's name, up to the one that is being typed, which may be empty
 */
export async function complete(words: readonly string[]): Promise<void> {
  const current = words.at(-1) ?? '';
  const candidates = await candidatesFor(words.slice(0, -1), current).catch(() => []);
  const fitting = candidates.filter((each) => each.startsWith(current) || each === filesWanted);
  for (const candidate of fitting) {
    const [word = '', ...description] = candidate.split('\t');
    const text = oneLine(description.join(' '));
    process.stdout.write(text === '' ? `${word}\n` : `${word}\t${text}\n`);
  }
}

async function candidatesFor(
  before: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const [first = '', second = ''] = before;
  const entry = commandTable.find(({ name }) => name === first || name === `${first} ${second}`);
  if (entry === undefined) return commandWords(before);
  const { default: command } = await entry.load();
  const words = before.slice(entry.name.split(' ').length);
  return candidatesOf(command, { words, current });
}

/** The words that commands begin with, or those that go on after the first. */
function commandWords(before: readonly string[]): string[] {
  if (before.length > 1) return [];
  const start = before.length === 0 ? '' : `${before[0]} `;
  const words = commandTable
    .filter(({ name }) => name.startsWith(start))
    .map(({ name, summary }) => {
      const [word = '', ...more] = name.slice(start.length).split(' ');
      return more.length === 0 ? `${word}\t${summary}` : word;
    });
  return [...new Set(words)];
}

interface TypedWords {
  /** Before the one that is being typed. */
  readonly words: readonly string[];
  readonly current: string;
}

async function candidatesOf(
  command: Command,
  { words, current }: TypedWords,
): Promise<readonly string[]> {
  const args: string[] = [];
  let url: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const option = word.startsWith('--') ? command.options[word.slice(2)] : undefined;
    if (!word.startsWith('-')) args.push(word);
    if (option?.type !== 'string') continue;
    i++;
    if (i === words.length) return valuesOf(option.complete, client(url));
    if (word === '--url') url = words[i];
  }
  if (current.startsWith('-')) {
    return Object.entries(command.options).map(([name, { help }]) => `--${name}\t${help}`);
  }
  if (args.length >= command.maxArgs) return [];
  if (args.length > 0 && command.completeAfter !== undefined) {
    return command.completeAfter(args, client(url));
  }
  return valuesOf(command.complete, client(url));
}

function client(url: string | undefined): GatewayClient {
  return openClient(url === undefined ? {} : { url }, {
    signal: AbortSignal.timeout(patienceMs),
    tellsOutages: false,
  });
}

async function valuesOf(
  what: Completable | undefined,
  gateway: GatewayClient,
): Promise<readonly string[]> {
  if (what === undefined) return [];
  if (what === 'file') return [filesWanted];
  if (what === 'tool') {
    return (await toolsOf(gateway)).map(({ name, title = '' }) => `${name}\t${title}`);
  }
  if (what === 'job') {
    const { jobs } = await gateway.request<{ jobs: readonly ApiJob[] }>({
      method: 'GET',
      path: '/jobs?limit=20',
    });
    return jobs.map(({ id, tool, status }) => `${id}\t${tool ?? ''} ${status}`);
  }
  return what;
}
