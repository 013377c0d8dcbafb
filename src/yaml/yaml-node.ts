import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { formatPath, type Path } from '../schema/path.ts';
import type { Source } from './source.ts';

/** The entries of a mapping whose keys are known beforehand. */
export interface Fields<K extends string> {
  get(key: K): YamlNode | undefined;
}

/**
 * One value of a YAML file, with where it stands. A reading method that finds a fault puts it on
 * record and returns undefined, as if the value were not there: reading goes on, so that all faults
 * come to light at once, and nothing of what was read is used afterwards.
 */
export class YamlNode {
  readonly value: Json;
  readonly #source: Source;
  readonly #faults: string[];
  readonly #path: Path;

  /** The whole of a file. */
  static root(source: Source, faults: string[]): YamlNode {
    return new YamlNode(source, faults, [], source.content);
  }

  private constructor(source: Source, faults: string[], path: Path, value: Json) {
    this.#source = source;
    this.#faults = faults;
    this.#path = path;
    this.value = value;
  }

  /** `file:line:column` */
  get place(): string {
    return this.#source.place(this.#path);
  }

  /**
   * @param problem what is wrong and what would be right
   * @param below the part inside this value that is at fault
   */
  fault(problem: string, below: Path = []): undefined {
    const path = [...this.#path, ...below];
    const subject = [this.#source.place(path), formatPath(path)].join(' ').trimEnd();
    this.#faults.push(`${subject}: ${problem}`);
  }

  text(): string | undefined {
    if (typeof this.value === 'string' && this.value.trim() !== '') return this.value;
    return this.#mustBe('a text that is not empty');
  }

  boolean(): boolean | undefined {
    return typeof this.value === 'boolean' ? this.value : this.#mustBe('true or false');
  }

  integer(min: number, max: number): number | undefined {
    const { value } = this;
    const fits = typeof value === 'number' && Number.isInteger(value);
    if (fits && value >= min && value <= max) return value;
    return this.#mustBe(`a whole number from ${min} to ${max}`);
  }

  oneOf<T extends string>(words: readonly T[]): T | undefined {
    return words.find((word) => word === this.value) ?? this.#mustBe(`one of ${words.join(', ')}`);
  }

  object(): JsonObject | undefined {
    return isJsonObject(this.value) ? this.value : this.#mustBe('a mapping');
  }

  /** The entries of a mapping with free keys, in order. */
  entries(): [string, YamlNode][] {
    return Object.entries(this.object() ?? {}).map(([key, value]) => [key, this.#at(key, value)]);
  }

  /**
   * The entries of a mapping with these keys; any other is a fault.
   *
   * @param passOver which other keys are left alone; default: none
   */
  fields<K extends string>(
    keys: readonly K[],
    passOver: (key: string) => boolean = () => false,
  ): Fields<K> | undefined {
    if (this.object() === undefined) return undefined;
    const fields = new Map<K, YamlNode>();
    for (const [key, setting] of this.entries()) {
      const known = keys.find((candidate) => candidate === key);
      if (known !== undefined) fields.set(known, setting);
      else if (!passOver(key)) setting.fault(`unknown key; ${suggestion(key, keys)}`);
    }
    return fields;
  }

  /** The items of a list. */
  items(): YamlNode[] {
    const { value } = this;
    if (Array.isArray(value)) return value.map((item, i) => this.#at(i, item));
    this.#mustBe('a list');
    return [];
  }

  #at(key: string | number, value: Json): YamlNode {
    return new YamlNode(this.#source, this.#faults, [...this.#path, key], value);
  }

  #mustBe(expected: string): undefined {
    const shown = this.value === null ? 'empty' : JSON.stringify(this.value);
    const short = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
    return this.fault(`must be ${expected}, but is ${short}`);
  }
}

/** What to write instead of an unknown word. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? `known: ${known.join(', ') || 'none'}` : `did you mean ${near}?`;
}
