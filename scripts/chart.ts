import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chartDirectory, generatedFiles } from './chart/generated-files.ts';

/** Usage: `make chart`: brings what the chart repeats up to date. A test fails where it was forgotten. */
const generated = await generatedFiles();
for (const copied of ['files/db', 'files/examples']) {
  await rm(join(chartDirectory, copied), { recursive: true, force: true });
}
for (const [path, content] of generated) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
