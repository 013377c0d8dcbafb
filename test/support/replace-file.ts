import { rename, writeFile } from 'node:fs/promises';

/** Writes a file that others watch: all of it appears at once, so none of them reads half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
