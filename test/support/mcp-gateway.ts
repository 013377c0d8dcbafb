import type { AddressInfo } from 'node:net';
import type { FastifyPluginAsync } from 'fastify';
import { pino } from 'pino';
import type { JobEvent } from '../../src/jobs/event.ts';
import type { Job } from '../../src/jobs/job.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { mcpPlugin } from '../../src/mcp/endpoint.ts';
import { RequestStates } from '../../src/mcp/modern/request-state.ts';
import { Sessions, type SessionTerms } from '../../src/mcp/legacy/session.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { aTool, createTestApp, type TestAppOptions } from './app.ts';

interface McpGatewayOptions extends Omit<TestAppOptions, 'mcp'> {
  readonly jobTools?: boolean;
  readonly jobRetentionSeconds?: number;
}

/** What an actor of a test does with a message, in events. */
type Work = (job: Job) => readonly JobEvent[];

/** A gateway in memory that listens, with MCP on it. */
export async function startMcpGateway(options: McpGatewayOptions = {}) {
  const { jobTools = true, jobRetentionSeconds = 3_600, clock = systemClock } = options;
  let tools = options.tools ?? [aTool()];
  const toolListeners = new Set<() => void>();
  // The plugin needs what the app is made of, and runs once the app begins to listen.
  const late: { plugin: FastifyPluginAsync } = { plugin: async () => {} };
  const gateway = await createTestApp({
    ...options,
    tools,
    mcp: (scope, pluginOptions) => late.plugin(scope, pluginOptions),
  });
  const { app, jobs, events, closing } = gateway;
  const find = (name: string): Tool | null => tools.find((tool) => tool.name === name) ?? null;
  const sessions = new Sessions({ secret: 'of the test', clock });
  late.plugin = mcpPlugin({
    tools: () => ({ list: () => tools, find }),
    toolsChanged: (listener) => {
      toolListeners.add(listener);
      return () => void toolListeners.delete(listener);
    },
    config: { jobTools, jobRetentionSeconds },
    sessions,
    requestStates: new RequestStates({ secret: 'of the test', clock }),
    serverInfo: { name: 'asya-gateway', version: '1.2.3' },
    clock,
    log: options.log ?? pino({ level: 'silent' }),
    closing: closing.signal,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/mcp`);

  return {
    ...gateway,
    url,
    sessions,
    /** Who is told when other tools are on offer. */
    toolListeners,

    /** Offers other tools, as a reload of the tools file does. */
    offer(others: readonly Tool[]): void {
      tools = others;
      for (const listener of toolListeners) listener();
    },

    /** The headers of a client of 2025-11-25 that has initialized. */
    sessionHeaders({ capabilities = [] }: Partial<SessionTerms> = {}): Record<string, string> {
      const terms = { protocolVersion: '2025-11-25', capabilities, owner: null } as const;
      return { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': sessions.issue(terms) };
    },

    /** Opens a stream as a client of 2025-11-25 does: an idle one, or the rest of another. */
    get(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
      return fetch(url, {
        headers: {
          accept: 'text/event-stream',
          'mcp-protocol-version': '2025-11-25',
          ...headers,
        },
      });
    },

    /** Sends a body as it is, or a value as JSON, as a client of 2025-11-25 does. */
    post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
      return fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },

    /** Takes each message of a step and lets these events happen to its job. */
    async actor(step: string, work: Work): Promise<void> {
      await gateway.broker.connect().consume(step, 1, async ({ envelope }) => {
        const job = await jobs.get(envelope.jobId);
        if (job === null) return;
        for (const event of work(job)) await events.apply(job.id, event);
      });
    },
  };
}

export type McpGateway = Awaited<ReturnType<typeof startMcpGateway>>;

export function rpc(method: string, params?: object, id: string | number = 1): object {
  return { jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) };
}

export function callOf(name: string, args: object = {}, meta?: object): object {
  return rpc('tools/call', { name, arguments: args, ...(meta !== undefined && { _meta: meta }) });
}

/** A tool of one step named as itself, which takes anything. */
export function anyTool(name: string, overrides: Partial<Tool> = {}): Tool {
  return aTool({
    name,
    steps: [name],
    inputSchema: { type: 'object' },
    checkArguments: (given) => ({ ok: true, arguments: Object(given) }),
    ...overrides,
  });
}
