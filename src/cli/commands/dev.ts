import { defineCommand } from '../command.ts';
import { serverOptions, variablesOf } from '../server/server-options.ts';

export default defineCommand({
  usage: '',
  minArgs: 0,
  maxArgs: 0,
  description: `Serves with everything in this process: jobs and queues in memory, and actors. Changed
files are taken over. Without --tools and --actors it serves the examples.`,
  options: {
    ...serverOptions,
    actors: {
      type: 'string',
      value: 'FILE',
      help: 'A module whose default export is an array of actors',
      complete: 'file',
    },
  },
  examples: [
    ['dev', 'Try the examples'],
    ['dev --tools tools.yaml --actors actors.ts', 'Serve tools of your own'],
  ],
  run: async ({ options }) => {
    const { provideActorLibrary } = await import('../own-library.ts');
    provideActorLibrary();
    const { dev } = await import('../server/dev.ts');
    const { tools = null, actors = null } = options;
    await dev({ tools, actors }, variablesOf(options));
    return undefined;
  },
});
