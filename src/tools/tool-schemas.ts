import type { JsonObject } from '../lib/json.ts';
import { compile, readSchema, type UsableSchema } from '../schema/json-schema.ts';
import { subschemas } from '../schema/subschemas.ts';
import { defaultFaults } from './default-faults.ts';
import { mirroringFaults } from './mirrored-parameters.ts';
import { objectSchema } from './parameters.ts';
import type { Fields, YamlNode } from '../yaml/yaml-node.ts';

const noArguments: JsonObject = { type: 'object', properties: {}, additionalProperties: false };

const withoutArguments: UsableSchema = { schema: noArguments, validate: compile(noArguments) };

/** What a tool's `parameters` or its `input_schema` say of its arguments. */
export function readInputSchema(
  fields: Fields<'parameters' | 'input_schema'>,
): UsableSchema | undefined {
  const parameters = fields.get('parameters');
  const inputSchema = fields.get('input_schema');
  if (inputSchema !== undefined) {
    parameters?.fault('cannot stand beside input_schema; keep one of them');
    return readOwnSchema(inputSchema);
  }
  if (parameters === undefined) return withoutArguments;
  const read = readSchema(objectSchema(parameters));
  if (read.ok) return read;
  for (const { problem } of read.faults) parameters.fault(problem);
  return undefined;
}

function readOwnSchema(setting: YamlNode): UsableSchema | undefined {
  const read = readSetting(setting);
  if (read === undefined) return undefined;
  const { schema, validate } = read;
  const faults = [...defaultFaults(read), ...mirroringFaults(schema)];
  for (const { path, problem } of faults) setting.fault(problem, path);
  // Some hosts, and OpenAI's API, refuse a tool whose arguments have no properties.
  return { schema: { ...schema, properties: schema['properties'] ?? {} }, validate };
}

/**
 * A tool's `output_schema`. Clients check results against it, and divide as binary fractions: the
 * official SDKs refuse 19.99 for steps of 0.01, and the result is lost. So it is published without
 * such steps.
 */
export function readOutputSchema(setting: YamlNode): JsonObject | undefined {
  const root = readSetting(setting)?.schema;
  for (const { schema } of root === undefined ? [] : subschemas(root)) {
    if (!Number.isInteger(schema['multipleOf'] ?? 1)) delete schema['multipleOf'];
  }
  return root;
}

function readSetting(setting: YamlNode): UsableSchema | undefined {
  const given = setting.object();
  if (given === undefined) return undefined;
  const read = readSchema(given);
  if (read.ok) return read;
  for (const { path, problem } of read.faults) setting.fault(problem, path);
  return undefined;
}
