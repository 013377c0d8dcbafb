import { isJsonObject, type JsonObject } from '../lib/json.ts';
import { argumentsChecker } from './arguments.ts';
import { schemaFaults, valueFaults } from '../schema/json-schema.ts';
import { mirroringFaults } from './mirrored-parameters.ts';
import { formatPath } from '../schema/path.ts';
import { objectSchema } from './parameters.ts';
import { resolveRoute, type Routes } from './routes.ts';
import type { Fields, Setting } from './setting.ts';
import { optionKeys, readOptions, type ToolOptions } from './tool-options.ts';
import type { Tool } from './tool.ts';

const toolKeys = [
  'name',
  'title',
  'description',
  'parameters',
  'input_schema',
  'output_schema',
  'annotations',
  'route',
  ...optionKeys,
] as const;

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

const noArguments: JsonObject = { type: 'object', properties: {}, additionalProperties: false };

/** The gateway's own tools have these. */
const reservedNames = new Set(['job_status', 'job_wait', 'job_result', 'job_cancel']);

/** What an entry of `tools` may refer to. */
export interface Surroundings {
  readonly defaults: ToolOptions;
  readonly routes: Routes;
  /** Names of the tools read so far, and where each stands. */
  readonly taken: Map<string, string>;
}

/** Reads one entry of `tools`; undefined: it is too faulty to make a tool of. */
export function readTool(
  entry: Setting,
  { defaults, routes, taken }: Surroundings,
): Tool | undefined {
  const fields = entry.fields(toolKeys);
  if (fields === undefined) return undefined;
  const nameSetting = fields.get('name');
  if (nameSetting === undefined) entry.fault('has no name');
  const name = nameSetting && readName(nameSetting, taken);
  const route = fields.get('route');
  if (route === undefined) entry.fault('has no route');
  const steps = route && resolveRoute(route, routes);
  const inputSchema = readInputSchema(fields);
  const outputSchema = fields.get('output_schema');
  const annotations = fields.get('annotations');
  const described = {
    title: fields.get('title')?.text() ?? null,
    description: fields.get('description')?.text() ?? '',
    outputSchema: (outputSchema && readSchema(outputSchema)) ?? null,
    annotations: (annotations && readAnnotations(annotations)) ?? null,
    ...readOptions(fields, defaults),
  };
  if (name === undefined || steps === undefined || inputSchema === undefined) return undefined;
  const checkArguments = argumentsChecker(name, inputSchema);
  return { name, inputSchema, steps, ...described, checkArguments };
}

/** MCP 2025-11-25, server/tools, "Tool Names". */
function readName(setting: Setting, taken: Map<string, string>): string | undefined {
  const name = setting.text();
  if (name === undefined) return undefined;
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name)) {
    return setting.fault('must be 1 to 128 letters (A to Z), digits, or any of _ - .');
  }
  if (reservedNames.has(name)) {
    return setting.fault(`${name} is a tool of the gateway's own; choose another name`);
  }
  const first = taken.get(name);
  if (first !== undefined) {
    return setting.fault(`${name} is already the name of the tool at ${first}`);
  }
  taken.set(name, setting.place);
  return name;
}

function readInputSchema(fields: Fields<'parameters' | 'input_schema'>): JsonObject | undefined {
  const parameters = fields.get('parameters');
  const inputSchema = fields.get('input_schema');
  if (inputSchema === undefined) return parameters ? objectSchema(parameters) : noArguments;
  parameters?.fault('cannot stand beside input_schema; keep one of them');
  const schema = readSchema(inputSchema);
  if (schema === undefined) return undefined;
  checkDefaults(schema, inputSchema);
  for (const { path, problem } of mirroringFaults(schema)) inputSchema.fault(problem, path);
  return schema;
}

/** A default that does not fit would fail every call that leaves its argument out. */
function checkDefaults(schema: JsonObject, setting: Setting): void {
  const { properties } = schema;
  if (!isJsonObject(properties)) return;
  for (const { path, problem } of valueFaults(schema, {})) {
    const [name = '', ...inside] = path;
    const property = properties[name];
    if (!isJsonObject(property) || property['default'] === undefined) continue;
    setting.fault([formatPath(inside), problem].join(' ').trim(), ['properties', name, 'default']);
  }
}

function readSchema(setting: Setting): JsonObject | undefined {
  const schema = setting.object();
  if (schema === undefined) return undefined;
  const faults = schemaFaults(schema);
  for (const { path, problem } of faults) setting.fault(problem, path);
  return faults.length === 0 ? schema : undefined;
}

/** MCP 2025-11-25, schema, `ToolAnnotations`. */
function readAnnotations(setting: Setting): JsonObject | undefined {
  const fields = setting.fields(['title', ...hints]);
  fields?.get('title')?.text();
  for (const hint of hints) fields?.get(hint)?.boolean();
  return isJsonObject(setting.value) ? setting.value : undefined;
}
