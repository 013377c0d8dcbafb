import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { pathOfPointer, valueAt, type Path } from './path.ts';

/** A schema, and where it stands in the whole. */
export interface PlacedSchema {
  readonly schema: JsonObject;
  readonly path: Path;
}

/** Keywords of all dialects whose value is a schema, or (older dialects' `items`) a list of them. */
const schemas: ReadonlySet<string> = new Set(
  (
    'items prefixItems additionalItems unevaluatedItems contains ' +
    'additionalProperties unevaluatedProperties propertyNames ' +
    'allOf anyOf oneOf not if then else contentSchema'
  ).split(' '),
);

/** Keywords whose value holds schemas under names of the schema's own. */
const namedSchemas: ReadonlySet<string> = new Set(
  'properties patternProperties dependentSchemas dependencies $defs definitions'.split(' '),
);

/**
 * All schemas in a schema that are not just `true` or `false`: itself first, what is outside before
 * what is inside. What keywords hold that say nothing of schemas is left alone, unless a `$ref` of
 * this schema points there: a property may be named `pattern`, and a default may look like a schema.
 */
export function subschemas(root: JsonObject): PlacedSchema[] {
  const found = new Map<JsonObject, PlacedSchema>();
  const add = (placed: PlacedSchema): void => {
    if (found.has(placed.schema)) return;
    found.set(placed.schema, placed);
    for (const inner of [...innerSchemas(placed), ...referredTo(placed, root)]) add(inner);
  };
  add({ schema: root, path: [] });
  return [...found.values()];
}

function innerSchemas({ schema, path }: PlacedSchema): PlacedSchema[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (schemas.has(keyword)) {
      return Array.isArray(value)
        ? listed(value, [...path, keyword])
        : one(value, [...path, keyword]);
    }
    if (!namedSchemas.has(keyword) || !isJsonObject(value)) return [];
    return Object.entries(value).flatMap(([name, inner]) => one(inner, [...path, keyword, name]));
  });
}

function listed(values: readonly Json[], path: Path): PlacedSchema[] {
  return values.flatMap((value, i) => one(value, [...path, i]));
}

function one(value: Json | undefined, path: Path): PlacedSchema[] {
  return isJsonObject(value) ? [{ schema: value, path }] : [];
}

/** What a `$ref` by JSON Pointer leads to, such as `#/components/schemas/size`. */
function referredTo({ schema: { $ref } }: PlacedSchema, root: JsonObject): PlacedSchema[] {
  if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return [];
  const path = pathOfPointer(decoded($ref.slice(1)), root);
  return one(valueAt(root, path), path);
}

/** A fragment may be percent-encoded (RFC 6901, section 6). */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
