import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from '../../calls/client.ts';
import type { ResultForm } from '../../calls/call-result.ts';
import type { ClientCapability } from './client-capabilities.ts';

/** What the gateway knows of an MCP client that makes a request. */
export interface McpCaller {
  /** Who it is, and what it reaches. */
  readonly client: Client;
  /**
   * - session: the versions that begin with `initialize`. A cut connection means nothing; the client
   *   cancels a request by `notifications/cancelled`
   * - stateless: 2026-07-28. The client cancels a request by closing its stream (cancellation)
   */
  readonly era: 'session' | 'stateless';
  /** What the client says it can do. */
  readonly capabilities: readonly ClientCapability[];
  /** Of the request. */
  readonly headers: IncomingHttpHeaders;
  /** What its version lets a result hold. */
  readonly form: ResultForm;
  /** Whether the events of its stream have ids, by which the client resumes a stream that was cut. */
  readonly resumable: boolean;
  /**
   * Whether its stream begins with an empty event that has an id. Such a stream may end before its
   * reply, for the client to resume it (MCP 2025-11-25, transports, "Sending Messages to the Server").
   */
  readonly primed: boolean;
}
