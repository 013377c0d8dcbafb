import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { refusal, type Failure } from '../rpc/failure.ts';
import { rpcCodes, type Malformed, type RpcMessage, type RpcRequest } from '../rpc/json-rpc.ts';
import { declaredCapabilities, type ClientCapability } from '../calls/client-capabilities.ts';
import { clientCapabilitiesKey, protocolVersionKey } from '../rpc/meta-keys.ts';
import { mirrorFault, standardHeadersFault } from './mirrored-headers.ts';
import { metaOf } from '../rpc/progress.ts';
import { modernVersion, supportedVersions } from '../rpc/protocol-version.ts';

/** What a request says of its client; nothing is remembered from earlier ones. */
export interface ModernCaller {
  /** Whether it can be answered with a task: it declares the Tasks extension. */
  readonly holdsTasks: boolean;
  readonly capabilities: readonly ClientCapability[];
  readonly headers: IncomingHttpHeaders;
}

/** Identifies the Tasks extension among the capabilities of clients and servers. */
export const tasksExtension = 'io.modelcontextprotocol/tasks';

/**
 * Is a message of the stateless era? It says so in its `_meta`, or by its header: a request whose
 * `_meta` is missing is to be refused, not taken for one of a session. `initialize` begins a
 * session whatever its header says.
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
    case 'answer':
      return namesModernVersion(headers);
  }
}

export function namesModernVersion(headers: IncomingHttpHeaders): boolean {
  return headers['mcp-protocol-version'] === modernVersion;
}

/** Checks what every request must carry (MCP 2026-07-28, basic, "_meta"; Streamable HTTP). */
export function readCaller(
  request: RpcRequest,
  headers: IncomingHttpHeaders,
): ModernCaller | Failure {
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
    holdsTasks: declaresTasks(capabilities),
    capabilities: declaredCapabilities(capabilities),
    headers,
  };
}

/** HeaderMismatchError (MCP 2026-07-28, Streamable HTTP, "Server Validation"). */
export function headerMismatch(fault: string): Failure {
  return refusal(400, fault, rpcCodes.headerMismatch);
}

export function tasksRequired(): Failure {
  return capabilitiesRequired({ extensions: { [tasksExtension]: {} } });
}

/** MissingRequiredClientCapabilityError (MCP 2026-07-28, basic, "_meta"). */
export function capabilitiesRequired(requiredCapabilities: JsonObject): Failure {
  const message = 'The client must declare what data.requiredCapabilities names';
  return withData(refusal(400, message, rpcCodes.missingClientCapability), {
    requiredCapabilities,
  });
}

/** UnsupportedProtocolVersionError (MCP 2026-07-28, versioning, "Protocol Version Negotiation"). */
function unsupportedVersion(requested: string): Failure {
  return withData(
    refusal(400, 'Unsupported protocol version', rpcCodes.unsupportedProtocolVersion),
    { supported: [...supportedVersions], requested },
  );
}

function missingMeta(key: string, kind: string): Failure {
  return refusal(400, `params._meta["${key}"] must be ${kind}`, rpcCodes.invalidParams);
}

function withData(failure: Failure, data: Json): Failure {
  return { ...failure, error: { ...failure.error, data } };
}

function declaresTasks({ extensions }: JsonObject): boolean {
  return isJsonObject(extensions) && isJsonObject(extensions[tasksExtension]);
}
