import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Json } from '../lib/json.ts';
import type { Path } from '../schema/path.ts';
import { mergeTag, YamlReader } from './yaml-reader.ts';
import type { Value } from './yaml-value.ts';

/** What keeps a YAML text from being read. */
interface YamlProblem {
  /** `line:column`, counted from 1. */
  readonly at: string;
  readonly message: string;
}

interface ParsedYaml {
  /** Of an empty text, an empty mapping. */
  readonly content: Json;
  readonly problems: readonly YamlProblem[];
  /** `line:column` of a part, or of the nearest part around it that there is. */
  readonly place: (path: Path) => string;
}

/**
 * Parses YAML 1.2 with nothing but JSON's types, whatever version a directive asks for, and with the
 * merges (`<<`) of YAML 1.1, which every other parser knows.
 */
export function parseYaml(text: string): ParsedYaml {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    schema: 'core',
    resolveKnownTags: false,
    // The reader looks at the keys, because it has to tell `<<` from `"<<"`.
    uniqueKeys: false,
    customTags: [{ tag: mergeTag, resolve: (source: string) => source }],
  });
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${line}:${col}`;
  };

  const errors = wordedErrors([...document.errors, ...document.warnings]);
  const reader = new YamlReader();
  const value = errors.length === 0 ? reader.read(document.contents) : null;
  const problems = [...errors, ...reader.problems].map(({ offset, message }) => ({
    at: at(offset),
    message,
  }));
  return {
    content: value?.json ?? {},
    problems,
    place: (path) => at(value === null ? 0 : offsetOf(value, path)),
  };
}

/** In the words of whoever writes such files, where the parser speaks to programmers. */
function wordedErrors(errors: readonly YAMLError[]): { offset: number; message: string }[] {
  // What overflowed its stack, it takes for unclosed at every level around.
  const tooDeep = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (tooDeep !== undefined) return [{ offset: tooDeep.pos[0], message: 'nests too deeply' }];
  return errors.map(({ code, pos, message }) => ({
    offset: pos[0],
    message:
      code === 'MULTIPLE_DOCS'
        ? 'Source contains multiple documents; put each into a file of its own'
        : message,
  }));
}

function offsetOf(value: Value, path: Path): number {
  let { offset } = value;
  let around = value;
  for (const part of path) {
    const entry = around.entries.get(part);
    if (entry === undefined) break;
    ({ offset, value: around } = entry);
  }
  return offset;
}
