import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';

/** JSON-RPC 2.0, section 5.1; the last three are MCP 2026-07-28's (basic, "Error Codes"). */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  headerMismatch: -32020,
  missingClientCapability: -32021,
  unsupportedProtocolVersion: -32022,
} as const;

export type RequestId = string | number;

export interface RpcError {
  readonly code: number;
  /** One sentence for humans. */
  readonly message: string;
  readonly data?: Json;
}

export interface RpcRequest {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
}

export interface RpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
}

/** A client's response to a request of the gateway: a result or an error. */
export interface RpcResponse {
  readonly kind: 'response';
  /** Null: the client sends an error, and could not even tell what it is about. */
  readonly id: RequestId | null;
  readonly result: Json | undefined;
  readonly error: Json | undefined;
}

/** Not a message. `id` is there if it could be read, so that the caller learns which one it was. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly id: RequestId | null;
  readonly error: RpcError;
}

export type RpcMessage = RpcRequest | RpcNotification | RpcResponse | Malformed;

/** Reads one message; never throws, whatever the value. Absent `params` are empty ones. */
export function readMessage(value: unknown): RpcMessage {
  if (!isJsonObject(value)) return malformed(null, 'a message must be a JSON object');
  const id = isRequestId(value['id']) ? value['id'] : null;
  if (value['jsonrpc'] !== '2.0') return malformed(id, 'jsonrpc must be "2.0"');
  if (!('method' in value)) return readResponse(value, id);

  const { method } = value;
  if (typeof method !== 'string') return malformed(id, 'method must be a string');
  // Some serializers write null for what is absent.
  const params = value['params'] ?? {};
  if (typeof params !== 'object') return malformed(id, 'params must be an object');
  if ('id' in value && id === null) return malformed(null, 'id must be a string or an integer');
  if (!isJsonObject(params)) {
    // JSON-RPC allows params by position, MCP does not.
    const error = { code: rpcCodes.invalidParams, message: 'params must be an object' };
    return { kind: 'malformed', id, error };
  }
  return id === null
    ? { kind: 'notification', method, params }
    : { kind: 'request', id, method, params };
}

/** An integer beyond 2^53 is none: it would be repeated as another number. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function readResponse(value: JsonObject, id: RequestId | null): RpcResponse | Malformed {
  const isResult = isJsonObject(value['result']);
  const isError = isJsonObject(value['error']);
  if (isResult === isError) return malformed(id, 'a message needs a method, a result or an error');
  if (isResult && id === null) return malformed(null, 'id must be a string or an integer');
  return { kind: 'response', id, result: value['result'], error: value['error'] };
}

function malformed(id: RequestId | null, message: string): Malformed {
  return { kind: 'malformed', id, error: { code: rpcCodes.invalidRequest, message } };
}
