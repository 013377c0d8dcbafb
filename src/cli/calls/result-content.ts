import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { harmless, oneLine, readable } from '../terminal/terminal.ts';

/** The content blocks of a result of MCP's own form; null: the result is plain data. */
export function contentOf(result: Json): readonly JsonObject[] | null {
  const content = isJsonObject(result) ? result['content'] : undefined;
  if (!Array.isArray(content) || content.length === 0) return null;
  const blocks = content.filter(isJsonObject);
  const areAll = blocks.length === content.length;
  return areAll && blocks.every(({ type }) => typeof type === 'string') ? blocks : null;
}

/** A result as a terminal shows it. */
export function resultText(result: Json): string {
  const blocks = contentOf(result);
  return blocks === null ? readable(result) : blocks.map(blockText).join('\n');
}

function blockText(block: JsonObject): string {
  const { type, text, mimeType, data, uri, resource } = block;
  switch (type) {
    case 'text':
      return readable(text ?? '');
    case 'image':
    case 'audio':
      return `[${type} ${oneLine(readable(mimeType ?? ''))}, ${byteLength(data)} bytes; --out DIR saves it]`;
    case 'resource_link':
      return `[link ${oneLine(readable(uri ?? ''))}]`;
    case 'resource': {
      const inner = isJsonObject(resource) ? resource : {};
      const size = inner['blob'] === undefined ? '' : `, ${byteLength(inner['blob'])} bytes`;
      const head = `[resource ${oneLine(readable(inner['uri'] ?? ''))}${size}; --out DIR saves it]`;
      return typeof inner['text'] === 'string' ? `${head}\n${harmless(inner['text'])}` : head;
    }
    default:
      return readable(block);
  }
}

function byteLength(base64: Json | undefined): number {
  return typeof base64 === 'string' ? Buffer.byteLength(base64, 'base64') : 0;
}
