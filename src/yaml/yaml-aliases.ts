import type { Alias, Node } from 'yaml';
import type { Value } from './yaml-value.ts';

/** Ten lines of aliases of aliases can stand for more values than any machine has memory for. */
const maxAliased = 1_000_000;

/** What the aliases of a document stand for. */
export class Aliases {
  /** By name; the last one before an alias is meant. */
  readonly #anchors = new Map<string, Node>();
  readonly #values = new Map<Node, Value>();
  /** How many values aliases have stood for so far. */
  #aliased = 0;

  /** False from the alias on that stands for more than there may be. */
  get withinBounds(): boolean {
    return this.#aliased <= maxAliased;
  }

  /** An anchor begins. */
  begin(name: string, node: Node): void {
    this.#anchors.set(name, node);
  }

  /** What an anchor stands before has been read. */
  end(node: Node, value: Value): void {
    this.#values.set(node, value);
  }

  /** The value, or what is wrong with the alias. */
  resolve({ source }: Alias): Value | string {
    const target = this.#anchors.get(source);
    if (target === undefined) return `no anchor &${source} stands before this alias`;
    const value = this.#values.get(target);
    if (value === undefined) return `*${source} stands inside its own anchor`;
    this.#aliased += value.size;
    if (this.withinBounds) return value;
    return `aliases stand for more than ${maxAliased} values up to here`;
  }
}
