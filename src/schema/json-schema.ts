import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json, JsonObject } from '../lib/json.ts';
import { formatPath } from './path.ts';
import { faultsOf, type Fault } from './schema-error.ts';

const dialect = 'https://json-schema.org/draft/2020-12/schema';

const ajv = new Ajv2020({
  // Unknown keywords and formats are notes to a schema's readers (2020-12 core, section 6.5).
  strict: false,
  logger: false,
  allErrors: true,
  // Errors carry the schema they come from, so that a sentence can say what would be right.
  verbose: true,
  useDefaults: true,
  // Else `required: [constructor]` is met by every object.
  ownProperties: true,
  // Else two tools whose schemas share an `$id` collide.
  addUsedSchema: false,
});
addFormats.default(ajv);

/**
 * The validator of a JSON Schema 2020-12. It reports all errors and fills defaults into what it
 * checks.
 *
 * @throws Error if the schema is invalid or holds a reference that leads out of it
 */
export function compile(schema: JsonObject): ValidateFunction {
  return ajv.compile(schema);
}

/** What keeps a schema from describing a tool's arguments or result; nothing: `compile` takes it. */
export function schemaFaults(schema: JsonObject): Fault[] {
  const { type, $async, $schema = dialect } = schema;
  if (type !== 'object') return [{ path: ['type'], problem: 'must be object' }];
  // Its validator would answer with a promise, which passes for a yes.
  if ($async !== undefined) return [{ path: ['$async'], problem: 'is not supported' }];
  if ($schema !== dialect && $schema !== `${dialect}#`) {
    return [{ path: ['$schema'], problem: `must be ${dialect}` }];
  }
  if (ajv.validateSchema(schema) !== true) {
    return firstOfEachPath(faultsOf(ajv.errors ?? [], schema, 'a keyword'));
  }
  try {
    compile(schema);
    return [];
  } catch (error) {
    return [{ path: [], problem: error instanceof Error ? error.message : String(error) }];
  } finally {
    ajv.removeSchema(schema);
  }
}

/** The meta-schema refuses one mistake several times, once for each alternative it knows. */
function firstOfEachPath(faults: readonly Fault[]): Fault[] {
  const byPath = Map.groupBy(faults, ({ path }) => formatPath(path));
  return [...byPath.values()].flatMap((group) => group.slice(0, 1));
}

/** What keeps a value, with defaults filled in, from fitting a valid schema. */
export function valueFaults(schema: JsonObject, value: Json): Fault[] {
  try {
    const validate = compile(schema);
    const filled = structuredClone(value);
    return validate(filled) ? [] : faultsOf(validate.errors ?? [], filled, 'a property');
  } finally {
    // The compiler keeps every schema it has seen, and these come with requests.
    ajv.removeSchema(schema);
  }
}
