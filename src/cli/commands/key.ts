import { defineCommand } from '../command.ts';

export const command = defineCommand({
  usage: 'NAME',
  minArgs: 1,
  maxArgs: 1,
  description: `Prints a new API key, which is kept nowhere, and its line for the access file
(ASYA_ACCESS_PATH). NAME says whose it is.`,
  options: {},
  examples: [['key ci', 'Make a key for the continuous integration']],
  run: async ({ args: [name = ''] }) => {
    const { newKeyText } = await import('../new-key.ts');
    process.stdout.write(newKeyText(name));
    return 0;
  },
});
