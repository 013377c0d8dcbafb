import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';

/**
 * Is this a block that may stand in a tool result's `content`? Clients refuse a whole result for one
 * wrong block (MCP 2025-11-25, schema, "ContentBlock").
 */
export function isContentBlock(value: Json): boolean {
  if (!isJsonObject(value)) return false;
  switch (value['type']) {
    case 'text':
      return hasText(value, 'text');
    case 'image':
    case 'audio':
      return hasText(value, 'data') && hasText(value, 'mimeType');
    case 'resource_link':
      return hasText(value, 'uri') && hasText(value, 'name');
    case 'resource':
      return isResourceContents(value['resource']);
    default:
      return false;
  }
}

function isResourceContents(value: Json | undefined): boolean {
  return (
    isJsonObject(value) &&
    hasText(value, 'uri') &&
    (hasText(value, 'text') || hasText(value, 'blob'))
  );
}

function hasText(object: JsonObject, key: string): boolean {
  return typeof object[key] === 'string';
}
