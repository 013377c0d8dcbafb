import { readFile } from 'node:fs/promises';
import { text as textOfStream } from 'node:stream/consumers';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { typesOf, valueOf } from './schema-value.ts';
import { UsageError } from '../usage-error.ts';

const form = 'NAME=VALUE, NAME:=JSON or NAME=@FILE';

/**
 * Makes the words of a command line an object that fits a schema, as far as words can tell.
 *
 * @param base JSON, `@FILE` with JSON, or `-` for standard input; null: nothing
 * @param words each `NAME=VALUE`, typed by the schema, `NAME:=JSON` or `NAME=@FILE`; they count more than
 *   the base
 * @throws UsageError
 */
export async function objectOfWords(
  base: string | null,
  words: readonly string[],
  schema: JsonObject,
): Promise<JsonObject> {
  const object = base === null ? {} : await objectOf(base);
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const given = new Set<string>();
  for (const word of words) {
    const [, name = '', operator = '', rest = ''] = /^(.+?)(:=|=)(.*)$/s.exec(word) ?? [];
    if (operator === '') throw new UsageError(`"${word}" is not ${form}`, 'call');
    const property = Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
    const isList = typesOf(property, schema).has('array');
    if (given.has(name) && (operator === ':=' || !isList)) {
      throw new UsageError(`${name} is given twice`, 'call');
    }
    const text = await contents(rest);
    const before = given.has(name) ? object[name] : undefined;
    const value = operator === ':=' ? jsonOf(text, `${name}:=`) : valueOf(text, property, schema);
    const isItem = isList && operator === '=' && typeof value === 'string';
    define(
      object,
      name,
      isItem ? withItem(before, valueOf(text, itemsOf(property), schema)) : value,
    );
    given.add(name);
  }
  return object;
}

/** A list is given as JSON, or item by item. */
function withItem(before: Json | undefined, item: Json): Json {
  return [...(Array.isArray(before) ? before : []), item];
}

function itemsOf(property: Json): Json {
  return isJsonObject(property) ? (property['items'] ?? null) : null;
}

/** Assignment would set the prototype for the name `__proto__`. */
function define(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

async function objectOf(base: string): Promise<JsonObject> {
  const value = jsonOf(base === '-' ? await standardInput() : await contents(base), '--args');
  if (!isJsonObject(value)) throw new UsageError('--args takes a JSON object', 'call');
  return value;
}

/** What stands in the file, for `@FILE`, or the text itself. */
async function contents(text: string): Promise<string> {
  if (!text.startsWith('@')) return text;
  const path = text.slice(1);
  if (path === '-') return standardInput();
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text} cannot be read: ${why}`, 'call');
  }
}

function standardInput(): Promise<string> {
  return textOfStream(process.stdin);
}

function jsonOf(text: string, where: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${where} is not JSON: ${why}`, 'call');
  }
}
