import type { ValidateFunction } from 'ajv';
import type { Json, JsonObject } from '../lib/json.ts';
import { compileFault } from './compile-fault.ts';
import { defaultDialect, dialectOf, dialectUris, type Dialect } from './dialect.ts';
import { metaFaults } from './meta-schema.ts';
import { normalise } from './normalise.ts';
import { faultsOf, maxFaults, type Fault } from './schema-error.ts';

/** A schema that can be used. */
export interface UsableSchema {
  /** Means the same as the one given, written as clients and hosts take it. */
  readonly schema: JsonObject;
  /** As `compile` gives it. */
  readonly validate: ValidateFunction;
}

/** A schema that can describe a tool's arguments or result, or what keeps it from that. */
export type ReadSchema =
  | (UsableSchema & { readonly ok: true })
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * In UTF-16 units. What is larger takes seconds and hundreds of megabytes to compile, and no model
 * reads it.
 */
const maxSize = 500_000;

/**
 * The validator of a JSON Schema that is known to be right. It reports all errors and fills defaults
 * into what it checks. Each has a compiler of its own, which goes when the validator goes: a compiler
 * keeps whatever it has compiled.
 *
 * @throws Error if the schema holds a reference that leads out of it, or is wrong
 */
export function compile(schema: JsonObject): ValidateFunction {
  return compileIn(dialectOf(schema['$schema'] ?? null) ?? defaultDialect, schema);
}

function compileIn(dialect: Dialect, schema: JsonObject): ValidateFunction {
  return dialect.newCompiler().compile(schema);
}

/** Reads a schema from outside, in the dialect that it says; none: 2020-12. */
export function readSchema(given: JsonObject): ReadSchema {
  const { type, $schema } = given;
  if (type !== 'object') return refused([{ path: ['type'], problem: 'must be object' }]);
  const dialect = $schema === undefined ? defaultDialect : dialectOf($schema);
  if (dialect === undefined) {
    const problem = `must be one of ${dialectUris.join(', ')}; without it, a schema is of the first`;
    return refused([{ path: ['$schema'], problem }]);
  }
  const text = JSON.stringify(given);
  if (text.length > maxSize) {
    return refused([{ path: [], problem: `must have at most ${maxSize} characters as JSON` }]);
  }
  const wrong = metaFaults(given, dialect);
  if (wrong.length > 0) return refused(wrong);
  // An own copy, in which no part stands at two places, as YAML's aliases would have it.
  const schema = JSON.parse(text) as JsonObject;
  const faults = normalise(schema, dialect);
  if (faults.length > 0) return refused(faults);
  try {
    return { ok: true, schema, validate: compileIn(dialect, schema) };
  } catch (error) {
    return refused([compileFault(error, schema, (part) => compileIn(dialect, part))]);
  }
}

function refused(faults: readonly Fault[]): ReadSchema {
  return { ok: false, faults };
}

/** What keeps a value, with defaults filled in, from fitting; of many faults the first hundred. */
export function valueFaults(validate: ValidateFunction, value: Json): Fault[] {
  const filled = structuredClone(value);
  if (validate(filled)) return [];
  const errors = validate.errors ?? [];
  // The validator would hold them, and the value with them, until its next call.
  validate.errors = null;
  return faultsOf(errors.slice(0, maxFaults), filled, 'a property');
}
