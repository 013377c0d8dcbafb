import type { ApiTool } from '../../client/api.ts';
import type { GatewayClient } from '../../client/gateway-client.ts';
import { nearest } from '../../lib/nearest.ts';
import { UsageError } from '../usage-error.ts';

export async function toolsOf(client: GatewayClient): Promise<readonly ApiTool[]> {
  const { tools } = await client.request<{ tools: readonly ApiTool[] }>({
    method: 'GET',
    path: '/tools',
  });
  return tools;
}

/** @throws UsageError that names the nearest tool if there is none of the name */
export async function findTool(client: GatewayClient, name: string): Promise<ApiTool> {
  const tools = await toolsOf(client);
  const tool = tools.find((each) => each.name === name);
  if (tool !== undefined) return tool;
  const names = tools.map((each) => each.name);
  const near = nearest(name, names);
  const way =
    near === null ? `the gateway has ${names.join(', ') || 'none'}` : `did you mean ${near}?`;
  throw new UsageError(`no tool is named ${name}; ${way}`, 'tools ls');
}
