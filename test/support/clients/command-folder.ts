import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A folder with the command `asya-gateway`, as an installation has it, before the usual PATH. */
export async function commandFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'asya-bin-'));
  const file = join(folder, 'asya-gateway');
  const main = resolve(import.meta.dirname, '../../../src/main.ts');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(file, 0o755);
  return {
    path: `${folder}:${process.env['PATH'] ?? ''}`,
    remove: () => rm(folder, { recursive: true }),
  };
}
