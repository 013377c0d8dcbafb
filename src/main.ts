import { parseCommandLine } from './cli/command-line.ts';
import { fail } from './cli/fail.ts';
import { packageVersion } from './cli/package-root.ts';

await main(process.argv.slice(2)).catch(fail);

async function main(args: readonly string[]): Promise<void> {
  const line = await parseCommandLine(args);
  switch (line.kind) {
    case 'version':
      return void process.stdout.write(`${packageVersion()}\n`);
    case 'help': {
      const { helpOf, overview } = await import('./cli/help.ts');
      const { entry } = line;
      const text = entry === null ? overview() : helpOf(entry, (await entry.load()).default);
      return void process.stdout.write(text);
    }
    case 'complete': {
      const { complete } = await import('./cli/complete.ts');
      return complete(line.words);
    }
    case 'run': {
      const code = await line.command.run(line.given);
      if (code !== undefined) process.exitCode = code;
    }
  }
}
