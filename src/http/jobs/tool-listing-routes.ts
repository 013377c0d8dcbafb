import Type from 'typebox';
import { isOffered } from '../../calls/client.ts';
import { toolDefinition } from '../../calls/tool-listing.ts';
import type { Tool, ToolBox } from '../../tools/tool.ts';
import { knownParametersOnly } from './query.ts';
import { route } from '../route.ts';

const noQuery = Type.Object({});

/** Lists the tools that the client may call, in the order of their files. */
export function listTools(tools: () => ToolBox) {
  return route({
    schema: { querystring: noQuery },
    preValidation: knownParametersOnly(noQuery),
    handler: async ({ client }) => {
      const offered = tools()
        .list()
        .filter((tool) => isOffered(tool, client));
      return { tools: offered.map(toolJson) };
    },
  });
}

/** A tool as MCP's `tools/list` defines it, and what becomes of a call of it. */
function toolJson(tool: Tool) {
  return {
    ...toolDefinition(tool, false),
    steps: tool.steps,
    timeout_seconds: tool.timeoutSeconds,
    mode: tool.mode,
    metadata: tool.metadata,
  };
}
