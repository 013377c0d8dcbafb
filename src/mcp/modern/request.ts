import type { IncomingHttpHeaders } from 'node:http';
import { newestForm } from '../../calls/call-result.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { refusal, type RpcFailure } from '../rpc/failure.ts';
import { rpcCodes, type Malformed, type RpcMessage, type RpcRequest } from '../rpc/json-rpc.ts';
import type { McpCaller } from '../calls/caller.ts';
import { declaredCapabilities } from '../calls/client-capabilities.ts';
import { clientCapabilitiesKey, protocolVersionKey } from '../rpc/meta-keys.ts';
import { mirrorFault, standardHeadersFault } from './mirrored-headers.ts';
import { metaOf } from '../rpc/progress.ts';
import { modernVersion, supportedVersions } from '../rpc/protocol-version.ts';

/** A client of 2026-07-28, as its request describes it. Nothing is remembered from earlier requests. */
export interface ModernCaller extends McpCaller {
  /** Whether it takes a task for a reply: it declares the Tasks extension. */
  readonly holdsTasks: boolean;
}

/** Who sends a request, and what its headers say. */
export type Sender = Pick<McpCaller, 'headers' | 'client'>;

/** Identifies the Tasks extension among the capabilities of clients and servers. */
export const tasksExtension = 'io.modelcontextprotocol/tasks';

/**
 * Is a message of the stateless era? It says so in its `_meta`, or by its header: a request whose
 * `_meta` is missing must be refused, and not be taken for one of a session. `initialize` always begins
 * a session, whatever its header says.
 */
export function isModern(
  message: Exclude<RpcMessage, Malformed>,
  headers: IncomingHttpHeaders,
): boolean {
  switch (message.kind) {
    case 'request':
    case 'notification':
      return (
        metaOf(message.params)[protocolVersionKey] !== undefined ||
        (message.method !== 'initialize' && namesModernVersion(headers))
      );
    case 'response':
      return namesModernVersion(headers);
  }
}

export function namesModernVersion(headers: IncomingHttpHeaders): boolean {
  return headers['mcp-protocol-version'] === modernVersion;
}

/** Checks what every request must carry (MCP 2026-07-28, basic, "_meta"; Streamable HTTP). */
export function readCaller(
  request: RpcRequest,
  { headers, client }: Sender,
): ModernCaller | RpcFailure {
  const meta = metaOf(request.params);
  const version = meta[protocolVersionKey];
  if (typeof version !== 'string') return missingMeta(protocolVersionKey, 'a string');

  const versionHeader = headers['mcp-protocol-version'];
  const versionFault = mirrorFault('MCP-Protocol-Version', versionHeader, version);
  if (versionFault !== null) return headerMismatch(versionFault);
  if (version !== modernVersion) return unsupportedVersion(version);

  const capabilities = meta[clientCapabilitiesKey];
  if (!isJsonObject(capabilities)) return missingMeta(clientCapabilitiesKey, 'an object');
  const headersFault = standardHeadersFault(request, headers);
  if (headersFault !== null) return headerMismatch(headersFault);
  return {
    client,
    era: 'stateless',
    holdsTasks: declaresTasks(capabilities),
    capabilities: declaredCapabilities(capabilities),
    headers,
    form: newestForm,
    resumable: false,
    primed: false,
  };
}

/** HeaderMismatchError (MCP 2026-07-28, Streamable HTTP, "Server Validation"). */
export function headerMismatch(fault: string): RpcFailure {
  return refusal(400, fault, rpcCodes.headerMismatch);
}

export function tasksRequired(): RpcFailure {
  return capabilitiesRequired({ extensions: { [tasksExtension]: {} } });
}

/** MissingRequiredClientCapabilityError (MCP 2026-07-28, basic, "_meta"). */
export function capabilitiesRequired(requiredCapabilities: JsonObject): RpcFailure {
  const message = 'The client must declare what data.requiredCapabilities names';
  return withData(refusal(400, message, rpcCodes.missingClientCapability), {
    requiredCapabilities,
  });
}

/** UnsupportedProtocolVersionError (MCP 2026-07-28, versioning, "Protocol Version Negotiation"). */
function unsupportedVersion(requested: string): RpcFailure {
  return withData(
    refusal(400, 'Unsupported protocol version', rpcCodes.unsupportedProtocolVersion),
    { supported: [...supportedVersions], requested },
  );
}

function missingMeta(key: string, kind: string): RpcFailure {
  return refusal(400, `params._meta["${key}"] must be ${kind}`, rpcCodes.invalidParams);
}

function withData(failure: RpcFailure, data: Json): RpcFailure {
  return { ...failure, error: { ...failure.error, data } };
}

function declaresTasks({ extensions }: JsonObject): boolean {
  return isJsonObject(extensions) && isJsonObject(extensions[tasksExtension]);
}
