import { clientOptions, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { toolsOf } from '../calls/find-tool.ts';
import { print, printJsonLine } from '../terminal/terminal.ts';
import { outputWidth, textTable } from '../terminal/text-table.ts';

export default defineCommand({
  usage: '',
  minArgs: 0,
  maxArgs: 0,
  description: 'Lists the tools on offer; as JSON Lines if the output is not a terminal.',
  options: clientOptions,
  examples: [
    ['tools ls', 'List the tools'],
    ['tools ls | jq -r .name', 'Only their names'],
  ],
  run: async ({ options }) => {
    const tools = await toolsOf(openClient(options));
    if (wantsJson(options)) {
      for (const tool of tools) printJsonLine(tool);
    } else {
      const rows = tools.map(({ name, steps, description }) => [
        name,
        steps.join(' → '),
        description.replace(/(?<=\.)\s.*/s, ''),
      ]);
      print(textTable(['NAME', 'STEPS', 'DESCRIPTION'], rows, outputWidth()));
    }
    return exitCode.succeeded;
  },
});
