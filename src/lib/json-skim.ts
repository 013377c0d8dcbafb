import type { Json, JsonObject } from './json.ts';

/** Members that are longer than this, in bytes, are not decoded. */
const maxValueBytes = 4_096;

/** What was found in the text of a JSON object without decoding its large members. */
export interface Skimmed {
  /** The members that are short, and JSON. */
  readonly members: JsonObject;
  /** The bytes of the members that are not short, by their names. */
  readonly long: ReadonlyMap<string, Uint8Array>;
}

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

const utf8 = new TextDecoder();

/**
 * Looks through the bytes of a JSON object for its short members. It takes one pass and next to no
 * memory, however large the text is, and a member that is not JSON (Python writes NaN) or not UTF-8
 * does not keep it from reading the others.
 *
 * @returns null if the text is not a JSON object, or ends before its object does
 */
export function skimJson(text: Uint8Array): Skimmed | null {
  const members: JsonObject = {};
  const long = new Map<string, Uint8Array>();
  // A byte order mark may be ignored (RFC 8259, section 8.1).
  let at = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
  at = afterBlanks(text, at);
  if (text[at] !== openBrace) return null;
  at = afterBlanks(text, at + 1);
  while (text[at] !== closeBrace) {
    const keyEnd = text[at] === quote ? endOfString(text, at) : -1;
    const colonAt = afterBlanks(text, keyEnd);
    if (keyEnd < 0 || text[colonAt] !== colon) return null;
    const begin = afterBlanks(text, colonAt + 1);
    const end = endOfValue(text, begin);
    if (end < 0) return null;
    const key = shortValue(text, at, keyEnd);
    if (typeof key === 'string') {
      // Of members that have one name the last counts, as in JSON.parse.
      long.delete(key);
      delete members[key];
      if (end - begin > maxValueBytes) long.set(key, text.subarray(begin, end));
      else put(members, key, shortValue(text, begin, end));
    }
    at = afterBlanks(text, end);
    if (text[at] === comma) at = afterBlanks(text, at + 1);
    else if (text[at] !== closeBrace) return null;
  }
  return { members, long };
}

/** Undefined: it is too long, or not JSON. */
function shortValue(text: Uint8Array, begin: number, end: number): Json | undefined {
  if (end - begin > maxValueBytes) return undefined;
  try {
    const value: Json = JSON.parse(utf8.decode(text.subarray(begin, end)));
    return value;
  } catch {
    return undefined;
  }
}

/** Plain assignment to `__proto__` would change the object's prototype instead. */
function put(members: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) return;
  Object.defineProperty(members, key, { value, configurable: true, enumerable: true });
}

function afterBlanks(text: Uint8Array, from: number): number {
  let at = from;
  while (isBlank(text[at])) at++;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The index after a value's last byte; -1: the text ends first. */
function endOfValue(text: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const byte = text[at];
    if (byte === quote) {
      at = endOfString(text, at) - 1;
      if (at < 0) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === openBrace || byte === openBracket) depth++;
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || isBlank(byte))) return at;
  }
  return -1;
}

/** The index after the quote that ends the string begun at `start`; -1: the text ends first. */
function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const byte = text[at];
    if (byte === backslash) at++;
    else if (byte === quote) return at + 1;
  }
  return -1;
}
