import { defineCommand } from '../command.ts';

export default defineCommand({
  usage: 'NAME',
  minArgs: 1,
  maxArgs: 1,
  description: 'Prints a new API key, and its line for the access file (ASYA_ACCESS_PATH).',
  options: {},
  examples: [['key ci', 'Make a key for a caller named ci']],
  run: async ({ args: [name = ''] }) => {
    const { newKeyText } = await import('../server/new-key.ts');
    process.stdout.write(newKeyText(name));
  },
});
