import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import { contentBlock, type BlockType } from './content-block.ts';
import { anyObject, arrayOf, objectOf, oneOf, text } from './shape.ts';

/** What a tool call gives (MCP 2025-11-25, server/tools, "Tool Result"). */
export interface CallToolResult {
  readonly content: readonly Json[];
  readonly structuredContent?: Json;
  readonly isError?: boolean;
  readonly _meta?: JsonObject;
}

/** What a result may hold, by the protocol version of its reader. */
export interface ResultForm {
  /** Which JSON may stand in `structuredContent`: before 2026-07-28 only objects. */
  readonly structured: 'object' | 'any';
  /** Which types of content blocks there are. */
  readonly blockTypes: readonly BlockType[];
}

const members = new Set(['content', 'structuredContent', 'isError', '_meta', 'resultType']);

/**
 * The result that an actor made itself, as it may be sent. Null: this is data.
 *
 * Much data has a `content` of its own, such as a page of a list or a model's message. Taken for a
 * result, its reader would see nothing of the rest of it. So a result has no members but those that
 * MCP gives it, all of them valid; and one whose content is empty has another member to show what it
 * is.
 */
export function ownResult(value: Json, form: ResultForm): CallToolResult | null {
  if (!isJsonObject(value)) return null;
  const names = Object.keys(value);
  if (!names.includes('content') || !names.every((name) => members.has(name))) return null;
  const { content } = value;
  if (Array.isArray(content) && content.length === 0 && names.length === 1) return null;
  // The gateway says itself of what type a result is, to those readers that know types.
  const { resultType: _, ...result } = value;
  const taken = resultOf(form)(result);
  return taken === undefined ? null : (taken as JsonObject & CallToolResult);
}

function resultOf({ structured, blockTypes }: ResultForm) {
  return objectOf({
    required: { content: arrayOf((value) => contentBlock(value, blockTypes)) },
    optional: {
      structuredContent: structured === 'any' ? (value) => value : anyObject,
      isError: oneOf(true, false),
      _meta: resultMeta,
    },
  });
}

/** Two keys of a result's metadata belong to MCP 2025-11-25, whose readers check them. */
const resultMeta = objectOf({
  required: {},
  optional: {
    progressToken: (value) =>
      typeof value === 'string' || Number.isSafeInteger(value) ? value : undefined,
    'io.modelcontextprotocol/related-task': objectOf({ required: { taskId: text }, optional: {} }),
  },
});
