import { isMap, isScalar, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml';

interface Row {
  readonly key: string;
  readonly description: string;
  readonly default: string;
}

/**
 * A Markdown table of a chart's values. A row is a value that is no map, an empty one, one written on
 * one line, or one with a description. A description is the comment above that begins with `--`.
 */
export function valuesTable(yaml: string): string {
  const document = parseDocument(yaml);
  if (!isMap(document.contents)) throw new Error('the values are not a mapping');
  // What stands above the first key is the document's comment.
  const rows = rowsOf(document.contents, [], document.commentBefore);
  return [
    '| Value | What it is | Default |',
    '|---|---|---|',
    ...rows.map((row) => `| \`${row.key}\` | ${row.description} | ${row.default} |`),
  ].join('\n');
}

function rowsOf(map: YAMLMap, parents: readonly string[], firstComment?: string | null): Row[] {
  return map.items.flatMap((pair, i) => {
    const { key, value } = pair as Pair<Node, Node | null>;
    if (!isScalar(key)) throw new Error('a key of the values is not a text');
    const path = [...parents, String(key.value)];
    const above = key.commentBefore ?? (i === 0 ? (firstComment ?? map.commentBefore) : null);
    const description = descriptionIn(above ?? '');
    if (isMap(value) && value.items.length > 0 && !value.flow && description === '') {
      return rowsOf(value, path);
    }
    return [{ key: path.join('.'), description, default: asCode(value) }];
  });
}

function descriptionIn(comment: string): string {
  const lines = comment.split('\n').map((line) => line.trim());
  const first = lines.findLastIndex((line) => line.startsWith('-- '));
  if (first < 0) return '';
  const text = lines.slice(first).join(' ').replace('-- ', '');
  return text.replaceAll('|', '\\|');
}

function asCode(value: Node | null): string {
  const plain: unknown = value?.toJSON() ?? '';
  return plain === '' ? '' : `\`${typeof plain === 'string' ? plain : JSON.stringify(plain)}\``;
}
