import type { Json, JsonObject } from '../lib/json.ts';
import { compile, valueFaults } from '../schema/json-schema.ts';
import { formatPath } from '../schema/path.ts';
import type { Fields, YamlNode } from '../yaml/yaml-node.ts';

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

const valueKeys = ['type', 'description', 'options', 'properties', 'items'] as const;
const parameterKeys = [...valueKeys, 'required', 'default'] as const;

/**
 * The JSON Schema of a tool's `parameters`, or of the `properties` of one of them. Keys that are not
 * listed are refused, so that a misspelt argument is named and not ignored.
 */
export function objectSchema(parameters: YamlNode): JsonObject {
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const [name, setting] of parameters.entries()) {
    // JavaScript objects have it already, so a default would never be filled in.
    if (name in Object.prototype) setting.fault(`an argument cannot be named ${name}`);
    const parameter = setting.fields(parameterKeys);
    if (parameter === undefined) continue;
    if (parameter.get('required')?.boolean() === true) required.push(name);
    properties[name] = parameterSchema(parameter, setting);
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function parameterSchema(
  parameter: Fields<(typeof parameterKeys)[number]>,
  setting: YamlNode,
): JsonObject {
  const schema = valueSchema(parameter, setting);
  const fallback = parameter.get('default');
  if (fallback === undefined) return schema;
  mustFit(schema, [fallback]);
  return { ...schema, default: fallback.value };
}

function valueSchema(value: Fields<(typeof valueKeys)[number]>, setting: YamlNode): JsonObject {
  const type = value.get('type')?.oneOf(types);
  if (value.get('type') === undefined) setting.fault(`has no type; one of ${types.join(', ')}`);
  const description = value.get('description')?.text();
  const schema: JsonObject = {
    ...(type !== undefined && { type }),
    ...(description !== undefined && { description }),
    ...parts(value, type),
  };
  const options = value.get('options');
  const choices = options && optionsOf(options, schema);
  return { ...schema, ...(choices && { enum: choices }) };
}

/**
 * What an object or an array is made of; without it, they hold anything. An array says so, because
 * hosts such as VS Code refuse one that says nothing of its items.
 */
function parts(
  value: Fields<'properties' | 'items'>,
  type: (typeof types)[number] | undefined,
): JsonObject {
  const properties = value.get('properties');
  const items = value.get('items');
  const itemFields = items?.fields(valueKeys);
  if (type !== 'object') properties?.fault('belongs to type object only');
  if (type !== 'array') items?.fault('belongs to type array only');
  return {
    ...(properties !== undefined && objectSchema(properties)),
    ...(type === 'array' && { items: {} }),
    ...(itemFields && items && { items: valueSchema(itemFields, items) }),
  };
}

function optionsOf(options: YamlNode, schema: JsonObject): Json[] | undefined {
  if (!Array.isArray(options.value)) return options.fault('must be a list');
  if (options.value.length === 0) return options.fault('must hold an option');
  mustFit(schema, options.items());
  return options.value;
}

function mustFit(schema: JsonObject, settings: readonly YamlNode[]): void {
  const validate = compile(schema);
  for (const setting of settings) {
    for (const { path, problem } of valueFaults(validate, setting.value)) {
      setting.fault([formatPath(path), problem].join(' ').trimStart());
    }
  }
}
