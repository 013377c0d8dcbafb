import { clientOptions, openClient, wantsJson } from '../calls/client-session.ts';
import { defineCommand } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { findTool } from '../calls/find-tool.ts';
import { harmless, oneLine, print, printJson } from '../terminal/terminal.ts';
import { outputWidth, textTable } from '../terminal/text-table.ts';
import { wordsOf } from '../calls/tool-words.ts';

export default defineCommand({
  usage: 'NAME',
  minArgs: 1,
  maxArgs: 1,
  description: 'Shows what a tool does, the arguments that it takes, and the steps of its work.',
  options: clientOptions,
  examples: [
    ['tools show make_poster', 'Show a tool'],
    ['tools show make_poster --json', 'Show its whole definition, with its schemas'],
  ],
  complete: 'tool',
  run: async ({ args: [name = ''], options }) => {
    const tool = await findTool(openClient(options), name);
    if (wantsJson(options)) {
      printJson(tool);
      return exitCode.succeeded;
    }
    const words = wordsOf(tool);
    print(`${oneLine(tool.title ?? tool.name)}\n\n${harmless(tool.description)}\n`);
    print(`Steps    ${tool.steps.map(oneLine).join(' → ')}`);
    print(`Timeout  ${tool.timeout_seconds === 0 ? 'none' : `${tool.timeout_seconds} s`}`);
    print(`Mode     ${tool.mode}`);
    if (words.length > 0) {
      const rows = words.map(({ name, types, choices, isRequired, initial, description }) => [
        name,
        choices.length > 0 ? choices.join(' | ') : types.join(' | '),
        isRequired ? 'required' : initial,
        description,
      ]);
      print(`\n${textTable(['ARGUMENT', 'TYPE', 'DEFAULT', 'DESCRIPTION'], rows, outputWidth())}`);
    }
    const example = words.filter(({ isRequired }) => isRequired).map(({ name }) => ` ${name}=…`);
    print(`\nasya-gateway call ${tool.name}${example.join('')}`);
    return exitCode.succeeded;
  },
});
