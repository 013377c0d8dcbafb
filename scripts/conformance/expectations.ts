import { readFileSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';

const names = Type.Array(Type.String(), { minItems: 1 });

const expectationSchema = Type.Object(
  {
    /** Why it cannot pass. */
    reason: Type.String({ minLength: 1 }),
    /** Revisions of the specification. */
    requirements: names,
    scenarios: names,
    /** The checks that fail, in each of the scenarios; without it, any of their checks may. */
    checks: Type.Optional(names),
  },
  { additionalProperties: false },
);

/** What is known to fail, and why. */
export type Expectation = Static<typeof expectationSchema>;

const validator = Compile(Type.Array(expectationSchema));

/** @throws if the file does not hold a list of expectations */
export function readExpectations(path: string | URL): Expectation[] {
  // Revisions look like dates, which YAML's core schema leaves strings.
  const content: unknown = parse(readFileSync(path, 'utf8')) ?? [];
  const fault = validator.Errors(content)[0];
  if (fault !== undefined) {
    throw new Error(`expected failures: ${fault.instancePath || 'the file'} ${fault.message}`);
  }
  return content as Expectation[];
}
