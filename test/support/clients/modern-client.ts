import {
  CallToolResultV2Schema,
  CancelTaskResultV2Schema,
  CreateTaskResultV2Schema,
  ErrorV2Schema,
  GetTaskResultV2Schema,
  hasTaskServerCapabilityV2,
  TaskStatusNotificationV2Schema,
  TaskSubscriptionAcknowledgedNotificationsV2Schema,
  ToolV2Schema,
  UpdateTaskResultV2Schema,
} from '@modelcontextprotocol/ext-tasks/core/v2';
import { readEvents } from './sse-client.ts';

/*
 * A client of MCP 2026-07-28 that shows what came over the wire, and checks every message against the
 * schemas of the official packages.
 */

// oxlint-disable-next-line typescript/no-explicit-any -- messages are matched, not typed
export type Message = any;

export interface ModernOptions {
  /** Whether the client declares the Tasks extension. Default false. */
  readonly tasks?: boolean;
  readonly id?: string | number;
  /** What it declares beside that. Default: nothing. */
  readonly capabilities?: object;
  /** Beside what every request carries, or instead of it; undefined leaves one out. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** The same for headers. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

const tasksExtension = 'io.modelcontextprotocol/tasks';

/** What a client puts into `_meta`. */
export function modernMeta(options: ModernOptions = {}): object {
  const { tasks = false, capabilities = {}, meta = {} } = options;
  return {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      ...capabilities,
      ...(tasks && { extensions: { [tasksExtension]: {} } }),
    },
    ...meta,
  };
}

export function postModern(
  url: URL | string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: ModernOptions = {},
): Promise<Response> {
  const { id = 1, signal = null } = options;
  const name = params['name'] ?? params['taskId'];
  const headers: Record<string, string | undefined> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    'mcp-name': typeof name === 'string' ? name : undefined,
    ...options.headers,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => !!entry[1]);
  const body = { jsonrpc: '2.0', id, method, params: { ...params, _meta: modernMeta(options) } };
  return fetch(url, { method: 'POST', headers: given, body: JSON.stringify(body), signal });
}

/** The messages of an answer as they come, whether it is a stream or one JSON object. */
export async function* messagesOf(response: Response, method: string): AsyncGenerator<Message> {
  if (response.headers.get('content-type') !== 'text/event-stream') {
    yield checked(method, await response.json());
    return;
  }
  for await (const { data, id } of readEvents(response)) {
    if (id !== null) throw new Error('an event has an id, though no stream can be resumed');
    yield checked(method, JSON.parse(data ?? ''));
  }
}

/** Sends a request and reads the answer to its end; its last message is the response. */
export async function askModern(
  url: URL | string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: ModernOptions = {},
): Promise<Message> {
  const response = await postModern(url, method, params, options);
  const messages = await Array.fromAsync(messagesOf(response, method));
  return { status: response.status, ...messages.at(-1) };
}

/** @throws if a message is not one that its method may be answered with */
function checked(method: string, message: Message): Message {
  if (message.error !== undefined) ErrorV2Schema.parse(message.error);
  else if (message.method !== undefined) checkNotification(message);
  else checkResult(method, message.result);
  return message;
}

function checkNotification(message: Message): void {
  switch (message.method) {
    case 'notifications/tasks':
      TaskStatusNotificationV2Schema.parse(message);
      return;
    case 'notifications/subscriptions/acknowledged':
      TaskSubscriptionAcknowledgedNotificationsV2Schema.parse(message.params.notifications);
      return;
    case 'notifications/progress':
    case 'notifications/tools/list_changed':
      return;
    default:
      throw new Error(`a notification of an unknown kind: ${message.method}`);
  }
}

function typeOf(method: string, result: Message): string {
  if (method !== 'tools/call') return 'complete';
  if (result.inputRequests !== undefined) return 'input_required';
  return result.taskId === undefined ? 'complete' : 'task';
}

function checkResult(method: string, result: Message): void {
  if (result.resultType !== typeOf(method, result)) {
    throw new Error(`a result of type ${result.resultType}`);
  }
  const server = result._meta?.['io.modelcontextprotocol/serverInfo'];
  if (typeof server?.name !== 'string') throw new Error('the server does not say who it is');
  switch (method) {
    case 'server/discover':
      if (!hasTaskServerCapabilityV2(result.capabilities)) throw new Error('no tasks are offered');
      return;
    case 'tools/list':
      for (const tool of result.tools) ToolV2Schema.parse(tool);
      return;
    case 'tools/call':
      if (result.resultType === 'task') CreateTaskResultV2Schema.parse(result);
      else if (result.resultType === 'input_required') return;
      else CallToolResultV2Schema.parse(result);
      return;
    case 'tasks/get':
      GetTaskResultV2Schema.parse(result);
      // The package's schema takes any object here; its client then wants this.
      if (result.status === 'completed') CallToolResultV2Schema.parse(result.result);
      return;
    case 'tasks/update':
      UpdateTaskResultV2Schema.parse(result);
      return;
    case 'tasks/cancel':
      CancelTaskResultV2Schema.parse(result);
      return;
    case 'subscriptions/listen':
      return;
    default:
      throw new Error(`a result of an unknown method: ${method}`);
  }
}
