import { parseArgs } from 'node:util';

export type Command =
  | { readonly name: 'serve' }
  | { readonly name: 'dev'; readonly tools: string | null; readonly actors: string | null }
  | { readonly name: 'actor'; readonly file: string; readonly only: readonly string[] }
  | { readonly name: 'key'; readonly key: string }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

/** The command line cannot be understood. The message says why, and how to get help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(fault: string) {
    super(`${fault}\nTry: asya-gateway --help`);
  }
}

/** A command, and the variables that its options stand for. */
export interface CommandLine {
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
}

export const help = `Usage: asya-gateway [command] [options]

The MCP gateway for long-running work: tool calls become durable jobs that async actors finish.

Commands:
  serve         Serve until stopped (the default), configured by the environment
  dev           Serve with everything in this process: jobs and queues in memory, and actors.
                Without --tools and --actors: the examples
  key NAME      Print a new API key, and its line for the access file (ASYA_ACCESS_PATH)
  actor FILE    Run the actors that FILE exports, on RabbitMQ (ASYA_RABBITMQ_URL)

Options:
  --tools PATH    serve, dev: the tools file or directory (ASYA_CONFIG_PATH)
  --port N        serve, dev: the port; 0 takes any free one (ASYA_GATEWAY_PORT, 8080)
  --host ADDRESS  serve, dev: the address to listen on (ASYA_GATEWAY_HOST, 127.0.0.1)
  --actors FILE   dev: a module whose default export is an array of actors
  --only STEP     actor: run only this step's actor; may be repeated
  --help          Show this
  --version       Show the version

Environment (see README.md for all): ASYA_DATABASE_URL, ASYA_RABBITMQ_URL, ASYA_CONFIG_PATH,
ASYA_GATEWAY_PORT, ASYA_LOG_LEVEL
`;

const options = {
  tools: { type: 'string' },
  port: { type: 'string' },
  host: { type: 'string' },
  actors: { type: 'string' },
  only: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type Option = keyof typeof options;

const allowed: Readonly<Record<'serve' | 'dev' | 'actor' | 'key', readonly Option[]>> = {
  serve: ['tools', 'port', 'host'],
  dev: ['tools', 'port', 'host', 'actors'],
  actor: ['only'],
  key: [],
};

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  if (values.help) return { command: { name: 'help' }, env: {} };
  if (values.version) return { command: { name: 'version' }, env: {} };

  const [name = 'serve', ...rest] = positionals;
  if (name !== 'serve' && name !== 'dev' && name !== 'actor' && name !== 'key') {
    throw new UsageError(`there is no command "${name}"`);
  }
  for (const option of Object.keys(values) as Option[]) {
    if (!allowed[name].includes(option)) throw new UsageError(`${name} takes no --${option}`);
    if (values[option] === '') throw new UsageError(`--${option} needs a value`);
  }
  const expected = name === 'actor' || name === 'key' ? 1 : 0;
  if (rest.length < expected) {
    throw new UsageError(
      name === 'key' ? 'key takes the NAME of who gets it' : 'actor takes a FILE of actors',
    );
  }
  if (rest.length > expected) throw new UsageError(`unexpected argument "${rest[expected]}"`);

  const { tools = null, actors = null, only = [] } = values;
  const env = {
    ...(tools !== null && { ASYA_CONFIG_PATH: tools }),
    ...(values.port !== undefined && { ASYA_GATEWAY_PORT: values.port }),
    ...(values.host !== undefined && { ASYA_GATEWAY_HOST: values.host }),
  };
  switch (name) {
    case 'serve':
      return { command: { name }, env };
    case 'dev':
      return { command: { name, tools, actors }, env };
    case 'key':
      return { command: { name, key: rest[0] ?? '' }, env };
    case 'actor':
      return { command: { name, file: rest[0] ?? '', only }, env };
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
