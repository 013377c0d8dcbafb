import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { ensureServices } from './services.ts';
import { faultsTable, inDocument, type NotedRow } from './faults/table.ts';

/**
 * Usage: `node scripts/faults.ts [--soak] [--write] [file …]`: runs the long forms of the fault tests,
 * or of those whose file name contains one of the filters, and prints a table of what they measured.
 * `--write` puts its rows into docs/reliability.md, in place of the rows of the same faults, if no test
 * failed.
 */
const args = process.argv.slice(2);
const soak = args.includes('--soak');
const filters = args.filter((arg) => !arg.startsWith('--'));
const document = new URL('../docs/reliability.md', import.meta.url);

await ensureServices();
const directory = await mkdtemp(join(tmpdir(), 'asya-faults-'));
const table = join(directory, 'table');
await writeFile(table, '');
process.env['ASYA_FAULTS'] = soak ? 'soak' : 'long';
process.env['ASYA_FAULTS_TABLE'] = table;

// One file at a time: they would disturb each other's figures.
const chosen = soak ? ['soak'] : filters;
const files = chosen.length === 0 ? ['test/faults'] : chosen.map((name) => `test/faults/${name}`);
const vitest = await startVitest(files, { run: true, fileParallelism: false });
await vitest.close();

const lines = (await readFile(table, 'utf8')).split('\n').filter((line) => line !== '');
const rows = lines.map((line) => JSON.parse(line) as NotedRow);
await rm(directory, { recursive: true });
console.log(faultsTable(rows));
// A row tells little of what its run found wrong.
if (args.includes('--write') && process.exitCode === undefined) {
  await writeFile(document, inDocument(await readFile(document, 'utf8'), rows));
}
