import { legacyTasksVersion, type LegacyVersion } from '../rpc/protocol-version.ts';

/**
 * What `initialize` offers (MCP 2025-11-25, lifecycle, "Capability Negotiation"). There is no
 * `tasks.list`: a server that cannot tell its callers apart should not offer it (tasks, "Security
 * Considerations"; docs/decisions/0115-lists-are-for-those-who-may-read-all.md).
 */
export function legacyCapabilities(version: LegacyVersion): object {
  return {
    tools: { listChanged: true },
    ...(version === legacyTasksVersion && {
      tasks: { cancel: {}, requests: { tools: { call: {} } } },
    }),
  };
}
