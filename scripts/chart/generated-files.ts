import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { valuesTable } from './values-table.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const chartDirectory = join(root, 'deploy/helm-charts/asya-gateway');

/**
 * What in the chart is made from something else, by path: the migrations and the example tools,
 * because a chart can only hold files of its own directory, and the table of values in its README.
 */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const generated = new Map<string, string>();
  const copies = [...(await filesBelow(join(root, 'db'))), join(root, 'examples/tools.yaml')];
  for (const path of copies) {
    const copy = join(chartDirectory, 'files', relative(root, path));
    generated.set(copy, await readFile(path, 'utf8'));
  }
  const readme = join(chartDirectory, 'README.md');
  generated.set(readme, await withValues(readme));
  return generated;
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** The README with its table of values made anew. */
async function withValues(readme: string): Promise<string> {
  const values = await readFile(join(chartDirectory, 'values.yaml'), 'utf8');
  const [begin, end] = ['<!-- values, by make chart -->', '<!-- end of values -->'];
  const text = await readFile(readme, 'utf8');
  const [before, rest] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || rest < before) throw new Error(`${readme} has no place for the values`);
  const table = `${begin}\n\n${valuesTable(values)}\n\n`;
  const options = await resolveConfig(readme);
  return format(text.slice(0, before) + table + text.slice(rest), { ...options, filepath: readme });
}
