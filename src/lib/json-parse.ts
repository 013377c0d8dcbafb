import type { Json } from './json.ts';

/** The text is not JSON, or nests too deeply. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/**
 * Most levels of a message that carries what callers and actors made: a tool's arguments nest up to 64
 * levels, and messages wrap them in a few.
 */
export const maxMessageDepth = 80;

export interface ParseOptions {
  /** Most arrays and objects within one another. Default 64. */
  readonly maxDepth?: number;
}

/**
 * JSON.parse (RFC 8259) with a limit on nesting, which RFC 8259 section 9 leaves to the parser.
 * Without one, a value that parses well overflows the stack of whatever walks it later, such as
 * JSON.stringify or a validator.
 *
 * @throws JsonError
 */
export function parseJson(text: string, { maxDepth = 64 }: ParseOptions = {}): Json {
  if (isDeeper(text, maxDepth)) throw new JsonError(`JSON nests deeper than ${maxDepth} levels`);
  try {
    // A byte order mark may be ignored (RFC 8259, section 8.1).
    const value: Json = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return value;
  } catch (error) {
    throw new JsonError(error instanceof Error ? error.message : String(error));
  }
}

/** Counts brackets outside strings; of text that is not JSON the answer does not matter. */
function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') i = endOfString(text, i);
    else if (char === ']' || char === '}') depth--;
    else if ((char === '[' || char === '{') && ++depth > maxDepth) return true;
  }
  return false;
}

/** The index of the quote that ends the string begun at `start`, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
