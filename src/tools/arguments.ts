import type { ErrorObject } from 'ajv';
import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { compile } from '../schema/json-schema.ts';
import { formatPath } from '../schema/path.ts';
import { faultsOf, maxFaults } from '../schema/schema-error.ts';
import type { CheckedArguments, Tool } from './tool.ts';

/** Deeper values would overflow the stack of whatever walks them next, JSON.stringify included. */
const maxLevels = 64;

const mustBeJson = `must be JSON of finite numbers, nested at most ${maxLevels} deep`;

/**
 * Makes a tool's `checkArguments`. No value is converted to another type; absent or null arguments
 * mean none.
 *
 * @param validate the validator of the schema, where there is one already
 * @throws Error if the schema does not compile
 */
export function argumentsChecker(
  tool: string,
  inputSchema: JsonObject,
  validate = compile(inputSchema),
): Tool['checkArguments'] {
  const noun = `an argument of ${tool}`;

  return (given): CheckedArguments => {
    if (given !== undefined && given !== null && !isJsonObject(given)) {
      return { ok: false, faults: ['arguments must be an object'] };
    }
    // Validation fills in defaults, and the caller's object is not ours to change.
    const filled: JsonObject = {};
    for (const [key, value] of Object.entries(given ?? {})) {
      const json = copyJson(value, maxLevels);
      if (json === undefined) return { ok: false, faults: [`${formatPath([key])} ${mustBeJson}`] };
      put(filled, key, json);
    }
    if (validate(filled)) return { ok: true, arguments: filled };
    const errors = validate.errors ?? [];
    // The validator would hold them, and the arguments with them, until its next call.
    validate.errors = null;
    return { ok: false, faults: sentences(errors, filled, noun) };
  };
}

function sentences(errors: readonly ErrorObject[], checked: JsonObject, noun: string): string[] {
  const told = faultsOf(errors.slice(0, maxFaults), checked, noun).map(
    ({ path, problem }) => `${formatPath(path) || 'arguments'} ${problem}`,
  );
  const more = errors.length - maxFaults;
  return [...new Set(told), ...(more > 0 ? [`and ${more} more faults`] : [])];
}

/** Undefined for what JSON cannot hold (a parsed 1e999 is infinite), and for what is too deep. */
function copyJson(value: unknown, levels: number): Json | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'object':
      if (value === null) return null;
      if (levels === 0) return undefined;
      return Array.isArray(value) ? copyArray(value, levels) : copyObject(value, levels);
    default:
      return undefined;
  }
}

function copyArray(array: readonly unknown[], levels: number): Json[] | undefined {
  const copy: Json[] = [];
  for (const item of array) {
    const json = copyJson(item, levels - 1);
    if (json === undefined) return undefined;
    copy.push(json);
  }
  return copy;
}

function copyObject(object: object, levels: number): JsonObject | undefined {
  const copy: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const json = copyJson(value, levels - 1);
    if (json === undefined) return undefined;
    put(copy, key, json);
  }
  return copy;
}

/** Plain assignment to `__proto__` would change the object's prototype instead. */
function put(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[key] = value;
  }
}
