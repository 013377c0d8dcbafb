import { isDeepStrictEqual } from 'node:util';
import type { DefinedError, ErrorObject } from 'ajv';
import type { Json } from '../lib/json.ts';
import { formatPath, pathOfPointer, type Path } from './path.ts';

/** What is wrong with one part of a value. */
export interface Fault {
  readonly path: Path;
  /** Continues a sentence that begins with the path, such as `must be integer`. */
  readonly problem: string;
}

/** A large array can be wrong at every item, and an answer must not outgrow its question. */
export const maxFaults = 100;

/**
 * Turns a validator's errors into faults, in order.
 *
 * @param root the value that was checked
 * @param noun what a key of it is, such as `an argument of enhance_image`
 */
export function faultsOf(errors: readonly ErrorObject[], root: Json, noun: string): Fault[] {
  return errors
    .filter(({ keyword }) => !consequences.has(keyword))
    .map((error) => faultOf(error as DefinedError, root, noun));
}

/** Keywords whose errors only say that other errors, which are reported too, matter. */
const consequences: ReadonlySet<string> = new Set(['if', 'propertyNames']);

function faultOf(error: DefinedError, root: Json, noun: string): Fault {
  const path = pathOfPointer(error.instancePath, root);
  // Within `propertyNames` the path is that of the object around the name.
  const { propertyName } = error;
  if (propertyName !== undefined) {
    return { path: [...path, propertyName], problem: `has a name that ${problemOf(error)}` };
  }
  switch (error.keyword) {
    case 'required':
      return { path: [...path, error.params.missingProperty], problem: 'is required' };
    case 'dependentRequired':
      return {
        path: [...path, error.params.missingProperty],
        problem: `is required where ${error.params.property} is given`,
      };
    case 'additionalProperties':
      return unknownKey(error, path, error.params.additionalProperty, noun);
    case 'unevaluatedProperties':
      return unknownKey(error, path, error.params.unevaluatedProperty, noun);
    default:
      return { path, problem: problemOf(error) };
  }
}

function problemOf(error: DefinedError): string {
  switch (error.keyword) {
    case 'type':
      return `must be ${[error.params.type].flat().join(' or ')}`;
    case 'enum':
      return `must be one of ${error.params.allowedValues.map(shown).join(', ')}`;
    case 'const':
      return `must be ${shown(error.params.allowedValue)}`;
    case 'false schema':
      return 'is not allowed';
    case 'not':
      // `{ not: {} }` is another way to write false.
      return isDeepStrictEqual(error.schema, {}) ? 'is not allowed' : messageOf(error);
    default:
      return messageOf(error);
  }
}

function messageOf({ message, keyword }: ErrorObject): string {
  return message ?? `fails ${keyword}`;
}

function unknownKey(error: ErrorObject, owner: Path, key: string, noun: string): Fault {
  const known = Object.keys(error.parentSchema?.['properties'] ?? {}).join(', ') || 'none';
  const problem = `is not ${noun}; ${formatPath(owner) || 'it'} takes ${known}`;
  return { path: [...owner, key], problem };
}

/** Bare where that cannot be misread. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value);
}
