import type { JsonObject } from '../lib/json.ts';
import type { Fault } from './schema-error.ts';
import { subschemas } from './subschemas.ts';

const references = ['$ref', '$dynamicRef', '$recursiveRef'] as const;

/**
 * What a compiler gave up a schema for, and where: it does not tell, so the innermost part that it
 * gives up for the same reason is looked for.
 *
 * @param compile throws for what it cannot compile
 */
export function compileFault(
  error: unknown,
  schema: JsonObject,
  compile: (part: JsonObject) => unknown,
): Fault {
  const problem = messageOf(error);
  const fails = (part: JsonObject): boolean => {
    try {
      compile(part);
      return false;
    } catch (partError) {
      return messageOf(partError) === problem;
    }
  };
  const at = subschemas(schema).findLast((part) => fails(part.schema)) ?? { schema, path: [] };
  const reference = references.find((keyword) => {
    const to = at.schema[keyword];
    return typeof to === 'string' && problem.includes(` ${to} `);
  });
  if (reference === undefined) return { path: at.path, problem };
  const remedy = 'a schema must hold all that it refers to, such as in $defs';
  return { path: [...at.path, reference], problem: `${problem}; ${remedy}` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
