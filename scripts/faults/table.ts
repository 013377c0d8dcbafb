/** What one fault test measured, as it notes it. */
export interface NotedRow {
  readonly file: string;
  readonly fault: string;
  readonly load: string;
  readonly accepted: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly lost: number;
  readonly repeatedRuns: number;
  readonly recovery: number | null;
}

const head = [
  '| Fault | Load | Accepted | Refused | Unanswered | Lost | Repeated | Recovery | Command |',
  '| --- | --- | --: | --: | --: | --: | --: | --: | --- |',
];

export function faultsTable(rows: readonly NotedRow[]): string {
  return [...head, ...rows.map(rowText)].join('\n');
}

function rowText(row: NotedRow): string {
  const { file, fault, load, accepted, refused, unanswered, lost, repeatedRuns, recovery } = row;
  const command = file === 'soak' ? '`make soak`' : `\`make faults only=${file}\``;
  const seconds = recovery === null ? '' : `${recovery} s`;
  const figures = [accepted, refused, unanswered, lost, repeatedRuns, seconds, command];
  return `| ${[fault, load, ...figures].join(' | ')} |`;
}

/** The table stands between these. */
const begin = '<!-- faults: written by make faults write=1 -->';
const end = '<!-- /faults -->';

/** The document with these rows instead of those that came from the same files. */
export function inDocument(text: string, rows: readonly NotedRow[]): string {
  const [before, rest] = text.split(`${begin}\n`);
  const [old, after] = rest?.split(end) ?? [];
  if (before === undefined || old === undefined || after === undefined) {
    throw new Error(`the document must hold ${begin} and ${end}`);
  }
  const commands = new Set(rows.map((row) => commandOf(rowText(row))));
  const kept = old
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '))
    .filter(
      (line) => line.startsWith('| ') && !line.startsWith('| Fault') && !line.startsWith('| -'),
    )
    .filter((line) => !commands.has(commandOf(line)));
  const table = [...head, ...rows.map(rowText), ...kept].join('\n');
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

/** The last cell; formatters pad the others. */
function commandOf(row: string): string | undefined {
  return /`make [^`]*`/.exec(row)?.[0];
}
