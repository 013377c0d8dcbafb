import { readFileSync } from 'node:fs';

/** Whether this is `dist/src/cli/package-root.js`, and not `src/cli/package-root.ts`. */
export const isCompiled = import.meta.filename.endsWith('.js');

export const packageRoot = new URL(isCompiled ? '../../../' : '../../', import.meta.url);

export function packageVersion(): string {
  const file = new URL('package.json', packageRoot);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
