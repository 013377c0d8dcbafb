import { readFile, writeFile } from 'node:fs/promises';
import { isMet, middle, ratioOf, type CpuMicros, type Figure, type Sample } from './figure.ts';
import { median } from './statistics.ts';

const page = new URL('../../docs/performance.md', import.meta.url);

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** Puts a scenario's table, and how it was measured, between its markers in docs/performance.md. */
export async function writeSection(section: Section, conditions: string): Promise<void> {
  const text = await readFile(page, 'utf8');
  const [begin, end] = [`<!-- bench:${section.name} -->`, `<!-- /bench:${section.name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`);
  const generated = `${begin}\n\n${table(section.figures)}\n\n${conditions}\n\n`;
  await writeFile(page, text.slice(0, from) + generated + text.slice(to));
}

/** A Markdown table, aligned like the formatter does. */
export function table(figures: readonly Figure[]): string {
  const compared = figures.some(({ others }) => others.length > 0);
  const counted = figures.some(({ samples }) => samples.some(({ cpu }) => cpu !== undefined));
  const head = ['', 'Target', 'Gateway', 'Spread'];
  if (compared) head.push('Other', 'Ratio');
  if (counted) head.push('CPU µs each');
  const rows = figures.map((figure) => {
    const { what, unit, samples, others } = figure;
    const ratio = ratioOf(figure);
    const cells = [`${what}, ${unit}`, targetOf(figure), digits(middle(samples)), spread(samples)];
    if (compared) {
      cells.push(others.length === 0 ? '–' : digits(middle(others)));
      cells.push(ratio === null ? '–' : `${ratio.toFixed(1)}×`);
    }
    if (counted) cells.push(cpuOf(samples));
    return cells;
  });
  return aligned(head, rows);
}

/** The bound, and whether the median keeps it. */
function targetOf(figure: Figure): string {
  const { target, better } = figure;
  if (target === null) return '–';
  const bounds = [];
  if (target.value !== undefined)
    bounds.push(`${better === 'more' ? '≥' : '≤'} ${digits(target.value)}`);
  if (target.ratio !== undefined) bounds.push(`≥ ${target.ratio}×`);
  const met = isMet(figure);
  return `${bounds.join(', ')}${met === null ? '' : met ? ' ✓' : ' ✗'}`;
}

function spread(samples: readonly Sample[]): string {
  const values = samples.map(({ value }) => value);
  return `${digits(Math.min(...values))} – ${digits(Math.max(...values))}`;
}

/** Gateway + PostgreSQL + RabbitMQ. */
function cpuOf(samples: readonly Sample[]): string {
  const costs = samples.map(({ cpu }) => cpu).filter((cpu) => cpu !== undefined);
  if (costs.length === 0) return '–';
  const of = (part: keyof CpuMicros): string => {
    const known = costs.map((cost) => cost[part]).filter((micros) => micros !== null);
    return known.length === 0 ? '?' : median(known).toFixed(0);
  };
  return `${of('gateway')} + ${of('postgresql')} + ${of('rabbitmq')}`;
}

/** Three digits that matter, or all before the point. */
function digits(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function aligned(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) =>
    Math.max(name.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
