import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { TaskSupport, Tool } from '../tools/tool.ts';

/** A tool as `tools/list` shows it (MCP 2025-11-25, server/tools, "Tool"). */
export interface ToolDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly outputSchema?: object;
  readonly annotations?: object;
  readonly execution?: { readonly taskSupport: TaskSupport };
}

/**
 * @param withTaskSupport whether the caller has to know which tools it may call as a task, because it
 *   has to ask for a task itself (MCP 2025-11-25, tasks, "Tool-Level Negotiation")
 */
export function toolDefinition(tool: Tool, withTaskSupport: boolean): ToolDefinition {
  const { name, title, description, inputSchema, annotations, taskSupport } = tool;
  const outputSchema = tool.outputSchema === null ? null : offeredOutput(tool.outputSchema);
  return {
    name,
    ...(title !== null && { title }),
    description,
    inputSchema,
    ...(outputSchema !== null && { outputSchema }),
    ...(annotations !== null && { annotations }),
    ...(withTaskSupport && { execution: { taskSupport } }),
  };
}

/** What a caller gets instead of a result: a job handle, or what is known of a failed job. */
const jobInstead = {
  type: 'object',
  description: 'Instead of a result: the job to ask for it, or the job that failed',
  properties: { job_id: { type: 'string' } },
  required: ['job_id'],
} as const;

/**
 * Clients check all structured content against the output schema, also that of job handles and of
 * failures. So the schema on offer allows those beside the tool's own result. Before 2026-07-28
 * structured content is an object, so a tool whose result is anything else offers no output schema.
 */
function offeredOutput(own: JsonObject): JsonObject | null {
  if (own['type'] !== 'object') return null;
  // Only the root of a schema says what dialect it is written in.
  const { $schema, ...rest } = own;
  return {
    ...($schema !== undefined && { $schema }),
    type: 'object',
    anyOf: [moved(rest, '#/anyOf/0'), { ...jobInstead, required: ['job_id'] }],
  };
}

/** A schema for another place in a larger one. Its references to its own root are rewritten to that place. */
function moved(schema: JsonObject, root: string): JsonObject {
  // With an `$id`, references are resolved against that, wherever the schema stands.
  return '$id' in schema ? schema : movedObject(schema, root);
}

function movedObject(object: JsonObject, root: string): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string'
        ? value.replace(/^#(?=\/|$)/, root)
        : movedValue(value, root),
    ]),
  );
}

function movedValue(value: Json, root: string): Json {
  if (Array.isArray(value)) return value.map((item) => movedValue(item, root));
  return isJsonObject(value) ? movedObject(value, root) : value;
}
