import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { mirroredParameters } from '../../tools/mirrored-parameters.ts';
import { mirrorFault } from './mirrored-headers.ts';

/**
 * What is wrong with the `Mcp-Param-…` headers that repeat a call's arguments; null: nothing (MCP
 * 2026-07-28, Streamable HTTP, "Server Behavior for Custom Headers").
 */
export function paramHeadersFault(
  schema: JsonObject,
  given: Json | undefined,
  headers: IncomingHttpHeaders,
): string | null {
  for (const { path, header } of mirroredParameters(schema)) {
    const fault = paramHeaderFault(`Mcp-Param-${header}`, valueAt(given, path), headers);
    if (fault !== null) return fault;
  }
  return null;
}

function valueAt(given: Json | undefined, path: readonly string[]): Json {
  let value = given;
  for (const name of path) {
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value ?? null;
}

function paramHeaderFault(name: string, value: Json, headers: IncomingHttpHeaders): string | null {
  const header = headers[name.toLowerCase()];
  if (value === null) {
    return header === undefined ? null : `The ${name} header repeats an argument that is not there`;
  }
  // No header can carry a value of this type, and the tool's schema refuses it.
  if (typeof value === 'object') return null;
  const expected = String(value);
  return mirrorFault(name, header, expected, (given) => {
    return given === expected || (isDecimal(given) && Number(given) === value);
  });
}

/** 42.0 and 42 are the same integer. */
function isDecimal(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}
