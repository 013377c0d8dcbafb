import type { IncomingHttpHeaders } from 'node:http';
import { valueOfJoined } from '../../lib/repeated-headers.ts';
import type { RpcRequest } from '../rpc/json-rpc.ts';

/** By method, the parameter that `Mcp-Name` repeats. Requests of other methods need no such header. */
const nameSources: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * What is wrong with the headers that repeat a request's method and name for intermediaries that
 * read no bodies; null: nothing (MCP 2026-07-28, Streamable HTTP, "Standard Request Headers"; Tasks
 * extension, "Routing Headers").
 */
export function standardHeadersFault(
  { method, params }: RpcRequest,
  headers: IncomingHttpHeaders,
): string | null {
  const methodFault = mirrorFault('Mcp-Method', headers['mcp-method'], method);
  if (methodFault !== null) return methodFault;
  const name = params[nameSources.get(method) ?? ''];
  // A request without the name it needs is refused for that.
  return typeof name === 'string' ? mirrorFault('Mcp-Name', headers['mcp-name'], name) : null;
}

/**
 * @param given the header's value as it was sent; undefined: it is missing
 * @param isSame default: whether the decoded value is `expected`
 */
export function mirrorFault(
  header: string,
  given: string | string[] | undefined,
  expected: string,
  isSame = (value: string): boolean => value === expected,
): string | null {
  if (given === undefined) return `The ${header} header is missing`;
  const sent = String(given);
  const value = decodeMirrored(sent);
  if (value !== null && isSame(value)) return null;
  // A proxy may have joined the header with its repeat.
  const once = decodeMirrored(valueOfJoined(sent) ?? sent);
  if (once !== null && isSame(once)) return null;
  return value === null
    ? `The ${header} header holds invalid characters`
    : `The ${header} header does not match the body`;
}

const printable = /^[\t\x20-\x7e]*$/;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Keeps a byte order mark, because it is part of the value. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A header's value as the client means it: `=?base64?…?=` holds UTF-8, anything else is literal
 * (MCP 2026-07-28, Streamable HTTP, "Value Encoding").
 *
 * @returns null if it is neither printable ASCII nor valid base64 of UTF-8
 */
export function decodeMirrored(value: string): string | null {
  if (!printable.test(value)) return null;
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  if (!base64.test(encoded)) return null;
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return null;
  }
}
