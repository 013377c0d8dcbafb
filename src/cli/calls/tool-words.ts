import type { ApiTool } from '../../client/api.ts';
import type { GatewayClient } from '../../client/gateway-client.ts';
import { isJsonObject } from '../../lib/json.ts';
import { toolsOf } from './find-tool.ts';
import { choicesOf, typesOf } from './schema-value.ts';

/** What a tool takes, for tables and completion. */
export interface ToolWord {
  readonly name: string;
  readonly types: readonly string[];
  readonly choices: readonly string[];
  readonly isRequired: boolean;
  readonly initial: string;
  readonly description: string;
}

export function wordsOf({ inputSchema }: Pick<ApiTool, 'inputSchema'>): ToolWord[] {
  const { properties, required } = inputSchema;
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([name, property]) => {
    const facts = isJsonObject(property) ? property : {};
    return {
      name,
      types: [...typesOf(property, inputSchema)],
      choices: choicesOf(property, inputSchema).map(textOf),
      isRequired: Array.isArray(required) && required.includes(name),
      initial: facts['default'] === undefined ? '' : JSON.stringify(facts['default']),
      description: typeof facts['description'] === 'string' ? facts['description'] : '',
    };
  });
}

/** `NAME=` for every argument that was not given yet, and `NAME=VALUE` where the values are known. */
export async function argumentsAfter(
  tool: string,
  given: readonly string[],
  client: GatewayClient,
): Promise<string[]> {
  const found = (await toolsOf(client)).find(({ name }) => name === tool);
  if (found === undefined) return [];
  const used = new Set(given.map((word) => word.replace(/:?=.*$/s, '')));
  return wordsOf(found)
    .filter(({ name }) => !used.has(name))
    .flatMap(({ name, choices, description }) =>
      choices.length > 0
        ? choices.map((choice) => `${name}=${choice}`)
        : [`${name}=\t${description}`],
    );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
