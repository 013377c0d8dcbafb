import { tasksExtension } from './modern-request.ts';
import { legacyTasksVersion, type LegacyVersion } from './protocol-version.ts';

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

/** What `server/discover` offers (MCP 2026-07-28, schema, "ServerCapabilities"). */
export const modernCapabilities = {
  tools: { listChanged: true },
  extensions: { [tasksExtension]: {} },
} as const;
