import { defineCommand } from '../command.ts';

export default defineCommand({
  usage: 'FILE',
  minArgs: 1,
  maxArgs: 1,
  description: 'Runs the actors that FILE exports, on RabbitMQ (ASYA_RABBITMQ_URL).',
  options: {
    only: {
      type: 'string',
      multiple: true,
      value: 'STEP',
      help: "Run only this step's actor; may be repeated",
    },
  },
  examples: [
    ['actor actors.ts', 'Run all actors of a file'],
    ['actor actors.ts --only set-type', 'Run the actor of one step'],
  ],
  complete: 'file',
  run: async ({ args: [file = ''], options: { only = [] } }) => {
    const { provideActorLibrary } = await import('../own-library.ts');
    provideActorLibrary();
    const { runActorsAlone } = await import('../server/actor-process.ts');
    return runActorsAlone(file, only);
  },
});
