import { defineCommand } from '../command.ts';
import { completionScripts } from '../completion-scripts.ts';
import { exitCode } from '../exit-code.ts';
import { UsageError } from '../usage-error.ts';

const shells = Object.keys(completionScripts);

export default defineCommand({
  usage: shells.join('|'),
  minArgs: 1,
  maxArgs: 1,
  description: `Prints the completion script of a shell. It completes commands, options, the tools of the gateway
with their arguments, and the ids of the newest jobs.`,
  options: {},
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/asya-gateway', 'For bash'],
    ['completion zsh > ~/.zfunc/_asya-gateway', 'For zsh, with ~/.zfunc in fpath'],
    ['completion fish > ~/.config/fish/completions/asya-gateway.fish', 'For fish'],
  ],
  complete: shells,
  run: async ({ args: [shell = ''] }) => {
    const script = Object.entries(completionScripts).find(([name]) => name === shell)?.[1];
    if (script === undefined) {
      throw new UsageError(
        `there is no completion for "${shell}", only for ${shells.join(', ')}`,
        'completion',
      );
    }
    process.stdout.write(script);
    return exitCode.succeeded;
  },
});
