import { legacyTasksVersion, type LegacyVersion } from '../rpc/protocol-version.ts';

/** What `initialize` offers (MCP 2025-11-25, lifecycle, "Capability Negotiation"). */
export function legacyCapabilities(version: LegacyVersion): object {
  return {
    tools: { listChanged: true },
    // No tasks.list: callers cannot be told apart, and would see each other's tasks.
    ...(version === legacyTasksVersion && {
      tasks: { cancel: {}, requests: { tools: { call: {} } } },
    }),
  };
}
