import type { Command } from './command.ts';

export interface CommandEntry {
  /** Its words, such as `jobs ls`. */
  readonly name: string;
  readonly summary: string;
  /** Commands are loaded when they are needed, so that none makes another's start slower. */
  readonly load: () => Promise<{ readonly default: Command }>;
}

/** Every command there is, in the order of the help. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'call',
    summary: 'Call a tool, watch its progress, and get its result',
    load: () => import('./commands/call.ts'),
  },
  {
    name: 'tools ls',
    summary: 'List the tools on offer',
    load: () => import('./commands/tools-ls.ts'),
  },
  {
    name: 'tools show',
    summary: 'Show a tool and its arguments',
    load: () => import('./commands/tools-show.ts'),
  },
  {
    name: 'jobs ls',
    summary: 'List jobs, the newest first',
    load: () => import('./commands/jobs-ls.ts'),
  },
  {
    name: 'jobs show',
    summary: 'Show a job',
    load: () => import('./commands/jobs-show.ts'),
  },
  {
    name: 'jobs watch',
    summary: 'Watch a job until it is over',
    load: () => import('./commands/jobs-watch.ts'),
  },
  {
    name: 'jobs answer',
    summary: 'Answer what a job asks',
    load: () => import('./commands/jobs-answer.ts'),
  },
  {
    name: 'jobs cancel',
    summary: 'Cancel jobs',
    load: () => import('./commands/jobs-cancel.ts'),
  },
  {
    name: 'jobs retry',
    summary: 'Repeat finished jobs as new ones',
    load: () => import('./commands/jobs-retry.ts'),
  },
  {
    name: 'serve',
    summary: 'Run a gateway (the default without a command)',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'dev',
    summary: 'Run a gateway with queues, jobs and actors in one process',
    load: () => import('./commands/dev.ts'),
  },
  {
    name: 'key',
    summary: 'Make an API key, and its line for the access file',
    load: () => import('./commands/key.ts'),
  },
  {
    name: 'actor',
    summary: 'Run the actors of a file, on RabbitMQ',
    load: () => import('./commands/actor.ts'),
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    load: () => import('./commands/completion.ts'),
  },
];
