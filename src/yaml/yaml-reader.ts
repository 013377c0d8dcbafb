import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Alias, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isJsonObject, type Json } from '../lib/json.ts';
import { storableText } from '../lib/storable.ts';
import { Aliases } from './yaml-aliases.ts';
import { collectionValue, scalarValue } from './yaml-value.ts';
import type { Entries, Entry, Value } from './yaml-value.ts';

interface YamlProblem {
  /** In UTF-16 units. */
  readonly offset: number;
  readonly message: string;
}

/** Deeper values would overflow the stack of what walks them later, such as a schema's compiler. */
const maxLevels = 200;

/** Go's writer of YAML puts it before a `<<`. */
export const mergeTag = 'tag:yaml.org,2002:merge';

/** Reads the nodes of one document. */
export class YamlReader {
  /** If there are any, what was read has gaps. */
  readonly problems: YamlProblem[] = [];
  readonly #aliases = new Aliases();

  /** @param level how many mappings and lists stand around the node */
  read(node: unknown, level = 0): Value {
    if (isAlias(node)) return this.#readAlias(node, level);
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return scalarValue(null, 0);
    if (node.anchor !== undefined) this.#aliases.begin(node.anchor, node);
    const value = isScalar(node) ? this.#readScalar(node) : this.#readCollection(node, level);
    if (node.anchor !== undefined) this.#aliases.end(node, value);
    return value;
  }

  #readScalar(node: Scalar): Value {
    const { value, source } = node;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.#fault(node, `${source} is not a number that JSON can hold`);
    }
    if (typeof value === 'string' && storableText(value) !== value) {
      return this.#fault(node, 'a text must not hold U+0000 or half a surrogate pair');
    }
    return scalarValue(value as Json, offsetOf(node));
  }

  #readAlias(alias: Alias, level: number): Value {
    // The first one beyond the bounds is a fault, and nothing is built after it.
    if (!this.#aliases.withinBounds) return scalarValue(null, offsetOf(alias));
    const value = this.#aliases.resolve(alias);
    if (typeof value === 'string') return this.#fault(alias, value);
    return level + value.height > maxLevels ? this.#tooDeep(alias) : value;
  }

  #readCollection(node: YAMLMap | YAMLSeq, level: number): Value {
    if (level === maxLevels) return this.#tooDeep(node);
    if (isMap(node)) {
      const entries = this.#readMap(node, level + 1);
      const parts = [...entries].map(([key, { value }]) => [key, value.json]);
      return collectionValue(Object.fromEntries(parts), offsetOf(node), entries);
    }
    const items = node.items.map((item): Entry => {
      return { offset: offsetOf(item), value: this.read(item, level + 1) };
    });
    const json = items.map(({ value }) => value.json);
    return collectionValue(json, offsetOf(node), new Map(items.entries()));
  }

  #readMap({ items }: YAMLMap, level: number): Entries {
    const entries = new Map<string | number, Entry>();
    const own = new Set<string>();
    let hasMerge = false;
    for (const { key, value } of items) {
      const name = this.#readKey(key, level);
      if (!isMerge(key)) {
        if (own.has(name)) this.#fault(key, 'Map keys must be unique');
        own.add(name);
        entries.set(name, { offset: offsetOf(key), value: this.read(value, level) });
        continue;
      }
      if (hasMerge) this.#fault(key, 'Map keys must be unique; merge several by <<: [*a, *b]');
      hasMerge = true;
      // A mapping's own keys win over merged ones, wherever they stand.
      for (const [merged, entry] of this.#readMerge(key, value, level)) {
        if (!entries.has(merged)) entries.set(merged, entry);
      }
    }
    return entries;
  }

  /** Keys are text as in JSON, also those that read as a number otherwise. */
  #readKey(key: unknown, level: number): string {
    if (!isScalar(key) || !textTags.has(key.tag)) {
      this.#fault(key, 'a key must be a text, written out: no alias, no list, no mapping');
      return '';
    }
    const { json } = this.read(key, level);
    const name = typeof json === 'string' ? json : (key.source ?? '');
    if (name === '__proto__') this.#fault(key, '__proto__ cannot be used');
    return name;
  }

  /** The entries that a merge brings; of one name, the first wins (yaml.org/type/merge.html). */
  #readMerge(key: unknown, node: unknown, level: number): [string | number, Entry][] {
    const problemsBefore = this.problems.length;
    const value = this.read(node, level);
    if (this.problems.length > problemsBefore || !this.#aliases.withinBounds) return [];
    const sources = Array.isArray(value.json)
      ? [...value.entries.values()].map(({ value: source }) => source)
      : [value];
    if (sources.every(({ json }) => isJsonObject(json))) {
      return sources.flatMap(({ entries }) => [...entries]);
    }
    this.#fault(
      key,
      '<< must merge a mapping or a list of mappings; a key of this name is written "<<"',
    );
    return [];
  }

  #tooDeep(node: unknown): Value {
    return this.#fault(node, `nests deeper than ${maxLevels} levels`);
  }

  #fault(node: unknown, message: string): Value {
    this.problems.push({ offset: offsetOf(node), message });
    return scalarValue(null, offsetOf(node));
  }
}

const textTags = new Set([undefined, 'tag:yaml.org,2002:str', mergeTag]);

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** A quoted `<<` is a key like any other. */
function isMerge(key: unknown): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  return key.tag === mergeTag || (key.tag === undefined && key.type === 'PLAIN');
}
