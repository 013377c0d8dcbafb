import { readdirSync } from 'node:fs';

/** The first of these files that exists; a `*` stands for one folder, the newest first. */
export function findBinary(...candidates: readonly string[]): string | null {
  for (const candidate of candidates) {
    const [before = '', after] = candidate.split('/*/');
    const found =
      after === undefined
        ? [candidate]
        : foldersOf(before).map((folder) => `${before}/${folder}/${after}`);
    const file = found.find((path) =>
      foldersOf(path.replace(/\/[^/]*$/, '')).includes(path.replace(/^.*\//, '')),
    );
    if (file !== undefined) return file;
  }
  return null;
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
