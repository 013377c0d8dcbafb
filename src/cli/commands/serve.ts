import { defineCommand } from '../command.ts';
import { serverOptions, variablesOf } from '../server/server-options.ts';

export default defineCommand({
  usage: '',
  minArgs: 0,
  maxArgs: 0,
  description:
    'Serves until it is stopped, configured by the environment. Start as many as you like.',
  options: serverOptions,
  examples: [
    [
      'serve --tools tools.yaml',
      'Serve these tools, with PostgreSQL if ASYA_DATABASE_URL names one',
    ],
    ['serve --host 0.0.0.0 --port 80', 'Listen on every IPv4 address'],
  ],
  run: async ({ options }) => {
    const { serve } = await import('../server/serve.ts');
    await serve({ ...process.env, ...variablesOf(options) });
    return undefined;
  },
});
