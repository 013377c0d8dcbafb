import { commandTable, type CommandEntry } from './command-table.ts';
import type { Command } from './command.ts';

const commandWidth = 14;
const optionWidth = 20;

/** The help of all commands. */
export function overview(): string {
  const lines = commandTable.map(({ name, summary }) => `  ${name.padEnd(commandWidth)}${summary}`);
  return `Usage: asya-gateway COMMAND [options]

The MCP gateway for long-running work: tool calls become durable jobs that async actors finish.

Commands:
${lines.join('\n')}

Options:
  --help, -h      Show this, or the help of the command before it, with examples
  --version, -v   Show the version

Environment of the commands that use a gateway: ASYA_GATEWAY_URL, ASYA_GATEWAY_TOKEN (docs/cli.md)
Environment of serve, dev and actor (README.md has all): ASYA_DATABASE_URL, ASYA_RABBITMQ_URL,
ASYA_CONFIG_PATH, ASYA_GATEWAY_PORT, ASYA_LOG_LEVEL
`;
}

/** The help of one command, with examples. */
export function helpOf({ name }: CommandEntry, command: Command): string {
  const { usage, description, examples } = command;
  const options = Object.entries(command.options).map(([option, { short, value, help }]) => {
    const head = `--${option}${value === undefined ? '' : ` ${value}`}`;
    return entry(short === undefined ? head : `${head}, -${short}`, help);
  });
  const shown = examples.map(([line, does]) => `  # ${does}\n  asya-gateway ${line}`);
  return `Usage: asya-gateway ${[name, usage, '[options]'].filter((part) => part !== '').join(' ')}

${description}

Options:
${[...options, entry('--help, -h', 'Show this')].join('\n')}

Examples:
${shown.join('\n\n')}
`;
}

/** Help of several lines stays in its column. */
function entry(head: string, help: string): string {
  const gap = head.length < optionWidth ? '' : `\n${' '.repeat(optionWidth + 2)}`;
  const text = help.replaceAll('\n', `\n${' '.repeat(optionWidth + 2)}`);
  return `  ${head.padEnd(optionWidth)}${gap}${text}`;
}
