import { oneLine } from './terminal.ts';

/** Columns under headings; the last one is cut at the width of the terminal. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const cells = [headings, ...rows].map((row) => row.map(oneLine));
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  return cells
    .map((row) => {
      const line = row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
      return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
    })
    .join('\n');
}

/** How wide the terminal is; without one nothing is cut. */
export function outputWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** Such as `3m`, of a time since. */
export function ageOf(instant: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1_000));
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ['s', 1];
  return `${Math.floor(seconds / length)}${unit}`;
}
