import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { dialectOf, type Dialect } from './dialect.ts';
import { readPattern } from './pattern.ts';
import type { Path } from './path.ts';
import type { Fault } from './schema-error.ts';
import { subschemas, type PlacedSchema } from './subschemas.ts';

/**
 * Rewrites a schema, which its meta-schema finds right, into one that means the same and that clients
 * and hosts of models take: they drop a tool, or all of a server's, over what some validator of theirs
 * does not know.
 *
 * @returns what cannot be rewritten
 */
export function normalise(root: JsonObject, dialect: Dialect): Fault[] {
  const placed = subschemas(root);
  const wholeItems = placed.every(({ schema }) => schema['unevaluatedItems'] === undefined);
  return placed.flatMap((at) => {
    dropIgnored(at, dialect);
    replaceBooleans(at.schema);
    return [
      ...languageFaults(at, dialect),
      ...rewritePatterns(at),
      ...completeItems(at, wholeItems),
    ];
  });
}

function languageFaults({ schema, path }: PlacedSchema, dialect: Dialect): Fault[] {
  const { $schema, $async } = schema;
  const faults: Fault[] = [];
  // Its validator would answer with a promise, which passes for a yes.
  if ($async !== undefined) faults.push({ path: [...path, '$async'], problem: 'is not supported' });
  if ($schema !== undefined && dialectOf($schema) !== dialect) {
    const problem = `must be that of the whole schema, ${dialect.uri}, or left out`;
    faults.push({ path: [...path, '$schema'], problem });
  }
  return faults;
}

function rewritePatterns({ schema, path }: PlacedSchema): Fault[] {
  const faults: Fault[] = [];
  const read = (pattern: string, at: Path): string => {
    const result = readPattern(pattern);
    if (result.problem === undefined) return result.pattern;
    faults.push({ path: at, problem: result.problem });
    return pattern;
  };
  const { pattern, patternProperties } = schema;
  if (typeof pattern === 'string') schema['pattern'] = read(pattern, [...path, 'pattern']);
  if (isJsonObject(patternProperties)) {
    const below = [...path, 'patternProperties'];
    const entries = Object.entries(patternProperties).map(([key, value]): [string, Json] => [
      read(key, [...below, key]),
      value,
    ]);
    schema['patternProperties'] = Object.fromEntries(entries);
    const twice = entries.find(([key], i) => entries.findIndex(([other]) => other === key) < i);
    if (twice !== undefined) {
      faults.push({
        path: below,
        problem: `has the pattern ${twice[0]} in two spellings; keep one`,
      });
    }
  }
  return faults;
}

/** VS Code and OpenAI's API refuse an array that does not say what it holds. */
function completeItems({ schema, path }: PlacedSchema, wholeItems: boolean): Fault[] {
  const { type, items } = schema;
  if (![type].flat().includes('array')) return [];
  if (typeof items === 'boolean') schema['items'] = objectFor(items);
  if (items !== undefined) return [];
  if (!wholeItems) {
    const problem = 'must have items beside unevaluatedItems: hosts refuse an array without them';
    return [{ path, problem }];
  }
  schema['items'] = {};
  return [];
}

/** MCP's own schema, before 2026-07-28, knows properties that are objects only. */
function replaceBooleans(schema: JsonObject): void {
  const { properties } = schema;
  if (!isJsonObject(properties)) return;
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'boolean') properties[name] = objectFor(value);
  }
}

function objectFor(schema: boolean): JsonObject {
  return schema ? {} : { not: {} };
}

/** Drops what the dialect ignores and the compiler would heed, or refuse. */
function dropIgnored({ schema, path }: PlacedSchema, { refStandsAlone }: Dialect): void {
  if (refStandsAlone && schema['$ref'] !== undefined && path.length > 0) delete schema['type'];
  // OpenAPI's word, which adds null to a type.
  const types = [schema['type'] ?? 'null'].flat();
  if (types.includes('null')) delete schema['nullable'];
}
