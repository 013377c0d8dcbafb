import type { IncomingHttpHeaders } from 'node:http';
import type { RpcRequest } from '../rpc/json-rpc.ts';

/** The parameter that `Mcp-Name` repeats, by method; of other methods the header is not asked. */
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
  if (typeof name !== 'string') return null;
  const header = headers['mcp-name'];
  return mirrorFault('Mcp-Name', header === undefined ? header : decodeMirrored(header), name);
}

/** @param given the header's value, decoded; null: it cannot be decoded; undefined: it is missing */
export function mirrorFault(
  header: string,
  given: string | string[] | null | undefined,
  expected: string,
): string | null {
  if (given === undefined) return `The ${header} header is missing`;
  if (given === null) return `The ${header} header holds invalid characters`;
  return given === expected ? null : `The ${header} header does not match the body`;
}

const printable = /^[\t\x20-\x7e]*$/;

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A byte order mark is part of the value. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A header's value as the client means it: `=?base64?…?=` holds UTF-8, anything else is literal
 * (MCP 2026-07-28, Streamable HTTP, "Value Encoding").
 *
 * @returns null if it is neither printable ASCII nor valid base64 of UTF-8
 */
export function decodeMirrored(header: string | string[]): string | null {
  const value = String(header);
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
