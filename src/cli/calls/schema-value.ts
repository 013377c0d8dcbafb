import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** References within a schema may lead in circles. */
const maxDepth = 8;

/** The schemas that a value may have to fit: behind `$ref`, and in unions. */
export function alternatives(schema: Json, root: JsonObject, depth = 0): JsonObject[] {
  if (!isJsonObject(schema) || depth > maxDepth) return [];
  const { $ref: reference } = schema;
  if (typeof reference === 'string') {
    return alternatives(resolved(reference, root), root, depth + 1);
  }
  const unions = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => schema[key] ?? []);
  return [schema, ...unions.flatMap((member) => alternatives(member, root, depth + 1))];
}

/** The types that a value may have; empty: the schema does not say. */
export function typesOf(schema: Json, root: JsonObject): ReadonlySet<string> {
  const named = alternatives(schema, root).flatMap(({ type }) => type ?? []);
  return new Set(named.filter((type) => typeof type === 'string'));
}

/** The values that a schema lists; empty: it lists none. */
export function choicesOf(schema: Json, root: JsonObject): readonly Json[] {
  return alternatives(schema, root).flatMap((each) => {
    if ('const' in each) return [each['const'] ?? null];
    return Array.isArray(each['enum']) ? each['enum'] : [];
  });
}

/**
 * What a text of the command line means to a schema: `5` is a number for an integer and a text for a
 * string. A text that cannot be what the schema asks for stays a text, so that the gateway names the fault.
 */
export function valueOf(text: string, schema: Json, root: JsonObject): Json {
  const choice = choicesOf(schema, root).find(
    (value) => value === text || textOfJson(value) === text,
  );
  if (choice !== undefined) return choice;
  const types = typesOf(schema, root);
  if (types.size === 0 || types.has('string')) return text;
  const value = parsed(text.trim());
  return value !== undefined && types.has(typeName(value, types)) ? value : text;
}

function typeName(value: Json, types: ReadonlySet<string>): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  // 1.5 for an integer stays a number, of which the gateway says what is wrong with it.
  if (typeof value === 'number') return types.has('integer') ? 'integer' : 'number';
  return typeof value;
}

function textOfJson(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Such as `#/$defs/size`. */
function resolved(reference: string, root: JsonObject): Json {
  if (!reference.startsWith('#')) return null;
  const keys = reference.slice(1).split('/').slice(1);
  return keys.reduce<Json>((at, key) => {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    return isJsonObject(at) && Object.hasOwn(at, name) ? (at[name] ?? null) : null;
  }, root);
}
