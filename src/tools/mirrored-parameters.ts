import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Path } from '../schema/path.ts';
import type { Fault } from '../schema/schema-error.ts';

/** A parameter that MCP clients repeat in the header `Mcp-Param-{header}` of a call. */
export interface MirroredParameter {
  /** The names that lead to it from the arguments. */
  readonly path: readonly string[];
  readonly header: string;
}

/** Says so in a parameter's schema (MCP 2026-07-28, server/tools, "x-mcp-header"). */
const annotation = 'x-mcp-header';

/** The mirrored parameters of a schema that has no faults, or of what is right in it. */
export function mirroredParameters(schema: JsonObject): MirroredParameter[] {
  return propertiesOf(schema).flatMap(([name, property]) => {
    const header = property[annotation];
    const own = typeof header === 'string' ? [{ path: [name], header }] : [];
    const inner = mirroredParameters(property);
    return [...own, ...inner.map(({ path, header }) => ({ path: [name, ...path], header }))];
  });
}

/** What makes MCP clients pass over a tool with this schema: annotations that break the rules. */
export function mirroringFaults(schema: JsonObject): Fault[] {
  return faultsOf(schema, { path: [], isParameter: false, taken: new Set() });
}

interface Place {
  readonly path: Path;
  /** Whether a chain of `properties` alone leads here. */
  readonly isParameter: boolean;
  /** Lower-case names of the headers so far. */
  readonly taken: Set<string>;
}

/** Hold schemas by names of the schema's own. */
const namedSchemas = new Set(['patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Hold values, in which the annotation means nothing. */
const values = new Set(['default', 'const', 'enum', 'examples']);

function faultsOf(schema: JsonObject, place: Place): Fault[] {
  const { path, taken } = place;
  const problem = annotation in schema ? problemOf(schema, place) : null;
  const own = problem === null ? [] : [{ path: [...path, annotation], problem }];
  // A root is no parameter, but its properties are.
  const leadsOn = place.isParameter || path.length === 0;
  const properties = propertiesOf(schema).flatMap(([name, property]) =>
    faultsOf(property, { path: [...path, 'properties', name], isParameter: leadsOn, taken }),
  );
  const elsewhere = Object.entries(schema)
    .filter(([keyword]) => keyword !== 'properties' && !values.has(keyword))
    .flatMap(([keyword, value]) =>
      innerSchemas(keyword, value).flatMap(([inner, innerPath]) =>
        faultsOf(inner, { path: [...path, ...innerPath], isParameter: false, taken }),
      ),
    );
  return [...own, ...properties, ...elsewhere];
}

function problemOf(schema: JsonObject, { isParameter, taken }: Place): string | null {
  const { [annotation]: header, type } = schema;
  if (!isParameter) return 'must belong to a parameter that properties alone lead to';
  if (typeof header !== 'string' || !token.test(header)) {
    return 'must be the end of a header name, such as Region';
  }
  if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
    return 'must belong to a parameter of type string, integer or boolean';
  }
  const name = header.toLowerCase();
  if (taken.has(name)) return `${header} is the header of another parameter`;
  taken.add(name);
  return null;
}

/** RFC 9110, section 5.6.2. */
const token = /^[\w!#$%&'*+\-.^`|~]+$/;

/** Whatever may be a schema in a keyword's value, and where it is. */
function innerSchemas(keyword: string, value: Json): [JsonObject, Path][] {
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => (isJsonObject(item) ? [[item, [keyword, i]]] : []));
  }
  if (!isJsonObject(value)) return [];
  if (!namedSchemas.has(keyword)) return [[value, [keyword]]];
  return Object.entries(value).flatMap(([name, inner]) =>
    isJsonObject(inner) ? [[inner, [keyword, name]]] : [],
  );
}

function propertiesOf({ properties }: Partial<JsonObject>): [string, JsonObject][] {
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]) =>
    isJsonObject(property) ? [[name, property]] : [],
  );
}
