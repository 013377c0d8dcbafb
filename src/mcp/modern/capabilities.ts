import { tasksExtension } from './request.ts';

/** What `server/discover` offers (MCP 2026-07-28, schema, "ServerCapabilities"). */
export const modernCapabilities = {
  tools: { listChanged: true },
  extensions: { [tasksExtension]: {} },
} as const;
