import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Json } from '../lib/json.ts';
import type { Path } from '../schema/path.ts';

/** One file as read: what it holds, and where in it each part stands. */
export interface Source {
  /** An empty file holds an empty mapping. */
  readonly content: Json;
  /** `file:line:column` of an entry's key, or of a list's item; counted from 1. */
  place(path: Path): string;
}

/**
 * Reads a YAML file, or every `.yaml` and `.yml` in a directory (not below it) in name order. Files
 * that cannot be read or parsed are left out, and each of their faults is added to `faults`.
 */
export function readSources(path: string, faults: string[]): Source[] {
  const files = readable(path, faults, () => filesAt(path)) ?? [];
  return files.flatMap((file) => {
    const text = readable(file, faults, () => readFileSync(file, 'utf8'));
    return text === undefined ? [] : parse(file, text, faults);
  });
}

/**
 * Differs when `readSources` would read something else. By contents, because file systems tell times
 * only to some milliseconds, and mounted configuration is swapped by links.
 */
export function fingerprint(path: string | null): string {
  const hash = createHash('sha256');
  // What cannot be read is part of it: that is a change as well.
  const unreadable: string[] = [];
  const files = path === null ? [] : (readable(path, unreadable, () => filesAt(path)) ?? []);
  for (const file of files) {
    const content = readable(file, unreadable, () => readFileSync(file));
    hash.update(JSON.stringify([file, content?.length]));
    if (content !== undefined) hash.update(content);
  }
  return hash.update(unreadable.join('\n')).digest('base64');
}

function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(path, name));
}

function readable<T>(path: string, faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    faults.push(`${path}: cannot be read: ${why}`);
    return undefined;
  }
}

function parse(file: string, text: string, faults: string[]): Source[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // YAML 1.2 with nothing but JSON's types, whatever version a directive asks for.
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
  });
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };

  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => {
    return { offset: pos[0], message };
  });
  if (problems.length === 0) problems.push(...partsBeyondJson(document));
  if (problems.length > 0) {
    for (const { offset, message } of problems) faults.push(`${at(offset)}: ${message}`);
    return [];
  }
  // The alias limit guards against hostile files; these are the operator's own.
  const content: Json = document.toJS({ maxAliasCount: -1 }) ?? {};
  return [{ content, place: (path) => at(offsetOf(document, path)) }];
}

interface Problem {
  readonly offset: number;
  readonly message: string;
}

/** What YAML can express and JSON, or a JavaScript object, cannot. */
function partsBeyondJson(document: Document.Parsed): Problem[] {
  const problems: Problem[] = [];
  const add = (node: Node, message: string): void => {
    problems.push({ offset: node.range?.[0] ?? 0, message });
  };
  visit(document, {
    Scalar(_key, node) {
      if (node.value === '__proto__') add(node, '__proto__ cannot be used');
      if (typeof node.value === 'number' && !Number.isFinite(node.value)) {
        add(node, `${node.source} is not a number that JSON can hold`);
      }
    },
    Alias(_key, node, ancestors) {
      const target = node.resolve(document);
      if (target === undefined) add(node, `no anchor &${node.source} stands before this alias`);
      else if (ancestors.includes(target))
        add(node, `*${node.source} stands inside its own anchor`);
    },
  });
  return problems;
}

/** Of the entry, or of the nearest part around it that exists. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (!isScalar(pair?.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node) && typeof part === 'number') {
      const item = node.items[part];
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    }
  }
  return offset;
}
