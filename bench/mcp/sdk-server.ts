/*
 * A server made of the official SDK's own parts: its HTTP handler without sessions, one server and
 * transport for each request, as its documentation has it, and answers as JSON, which cost it less
 * than streams.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

const inputSchema = { text: z.string() };

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const server = new McpServer({ name: 'sdk', version: '1.0.0' });
  server.registerTool('echo', { description: 'Returns the text', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on('close', () => {
    void transport.close();
    void server.close();
  });
  // The SDK's transport class does not fit its own interface under exactOptionalPropertyTypes.
  const unfitted: unknown = transport;
  await server.connect(unfitted as Parameters<McpServer['connect']>[0]);
  await transport.handleRequest(request, response);
}

const http = createServer((request, response) => void handle(request, response));
http.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
});
process.on('SIGTERM', () => process.exit(0));
