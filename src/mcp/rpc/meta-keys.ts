/* Keys of `_meta` that MCP reserves (2026-07-28, basic, "_meta"; 2025-11-25, tasks). */

/** Is in every request of the stateless versions, from 2026-07-28 on, and in none of a session. */
export const protocolVersionKey = 'io.modelcontextprotocol/protocolVersion';

export const clientCapabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';

export const serverInfoKey = 'io.modelcontextprotocol/serverInfo';

/** Names the `subscriptions/listen` request that a notification belongs to. */
export const subscriptionIdKey = 'io.modelcontextprotocol/subscriptionId';

/** Names the task that a result of 2025-11-25 belongs to. */
export const relatedTaskKey = 'io.modelcontextprotocol/related-task';

/* Keys of `_meta` that are the gateway's own. */

/** In a call: repeats of the call under the same key make one job. */
export const idempotencyKeyKey = 'asya-gateway/idempotency-key';
