import type { ErrorObject, ValidateFunction } from 'ajv';
import type { JsonObject } from '../lib/json.ts';
import { draft07, type Dialect } from './dialect.ts';
import { formatPath, valueAt } from './path.ts';
import { faultsOf, type Fault } from './schema-error.ts';

/** Of each dialect, compiled when it is first needed. */
const metaSchemas = new Map<Dialect, ValidateFunction>();

/** What the dialect's meta-schema finds wrong in a schema, one fault for each place. */
export function metaFaults(schema: JsonObject, dialect: Dialect): Fault[] {
  const errors = metaErrors(schema, dialect);
  if (errors.length === 0) return [];
  const faults = faultsOf(errors, schema, 'a keyword').map((fault) => withRemedy(fault, schema));
  // The meta-schema refuses one mistake several times, once for each alternative it knows.
  const byPath = Map.groupBy(faults, ({ path }) => formatPath(path));
  const first = [...byPath.values()].flatMap((group) => group.slice(0, 1));
  const isOlder = !('$schema' in schema) && metaErrors(schema, draft07).length === 0;
  return isOlder ? first.map(asDraft07) : first;
}

function metaErrors(schema: JsonObject, dialect: Dialect): readonly ErrorObject[] {
  const known = metaSchemas.get(dialect);
  const validate = known ?? dialect.newCompiler().getSchema(dialect.metaSchema);
  if (validate === undefined) throw new Error(`there is no meta-schema ${dialect.metaSchema}`);
  metaSchemas.set(dialect, validate);
  if (validate(schema)) return [];
  const errors = validate.errors ?? [];
  // The validator would hold them, and the schema with them, until its next call.
  validate.errors = null;
  return errors;
}

/** Keywords that are true or false in draft-04 and OpenAPI 3.0. */
const remedies: Readonly<Record<string, string>> = {
  required: 'the names of required properties, beside properties',
  exclusiveMinimum: 'the limit itself, in the place of minimum',
  exclusiveMaximum: 'the limit itself, in the place of maximum',
};

function withRemedy({ path, problem }: Fault, schema: JsonObject): Fault {
  const remedy = remedies[String(path.at(-1))];
  const applies = remedy !== undefined && typeof valueAt(schema, path) === 'boolean';
  return applies ? { path, problem: `${problem}: ${remedy}` } : { path, problem };
}

function asDraft07({ path, problem }: Fault): Fault {
  const remedy = `this is right in draft-07, which a schema is with $schema: ${draft07.uri}`;
  return { path, problem: `${problem}; ${remedy}` };
}
