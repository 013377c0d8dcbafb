import { isJsonObject, type JsonObject } from '../lib/json.ts';
import { readScopes } from '../access/scope-list.ts';
import { argumentsChecker } from './arguments.ts';
import { resolveRoute, type Routes } from './routes.ts';
import type { YamlNode } from '../yaml/yaml-node.ts';
import { optionKeys, readOptions, type ToolOptions } from './tool-options.ts';
import type { Tool } from './tool.ts';
import { readInputSchema, readOutputSchema } from './tool-schemas.ts';

const toolKeys = [
  'name',
  'title',
  'description',
  'parameters',
  'input_schema',
  'output_schema',
  'annotations',
  'route',
  'scopes',
  ...optionKeys,
] as const;

const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

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
  entry: YamlNode,
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
  const input = readInputSchema(fields);
  const outputSchema = fields.get('output_schema');
  const annotations = fields.get('annotations');
  const scopes = fields.get('scopes');
  const described = {
    title: fields.get('title')?.text() ?? null,
    description: fields.get('description')?.text() ?? '',
    outputSchema: (outputSchema && readOutputSchema(outputSchema)) ?? null,
    annotations: (annotations && readAnnotations(annotations)) ?? null,
    scopes: scopes === undefined ? [] : readScopes(scopes),
    ...readOptions(fields, defaults),
  };
  if (name === undefined || steps === undefined || input === undefined) return undefined;
  const checkArguments = argumentsChecker(name, input.schema, input.validate);
  return { name, inputSchema: input.schema, steps, ...described, checkArguments };
}

/** MCP 2025-11-25, server/tools, "Tool Names". */
function readName(setting: YamlNode, taken: Map<string, string>): string | undefined {
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

/** MCP 2025-11-25, schema, `ToolAnnotations`. */
function readAnnotations(setting: YamlNode): JsonObject | undefined {
  const fields = setting.fields(['title', ...hints]);
  fields?.get('title')?.text();
  for (const hint of hints) fields?.get(hint)?.boolean();
  return isJsonObject(setting.value) ? setting.value : undefined;
}
