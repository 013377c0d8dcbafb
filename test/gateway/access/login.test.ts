import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { actor } from '../../../src/actor/actor.ts';
import { startAccessGateway } from '../../support/access/access-gateway.ts';
import { startAuthorizationServer } from '../../support/access/authorization-server.ts';

/* The official client logs in at a real authorization server, with nothing but the gateway's URL. */

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Remembers what a client has to, and notes where it sends its user. */
class Memory implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback';
  readonly clientMetadata = { redirect_uris: [this.redirectUrl], client_name: 'test' };
  readonly sentTo: URL[] = [];
  #tokens: StoredOAuthTokens | undefined;
  #verifier = '';

  clientInformation() {
    return { client_id: 'mcp-client' };
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: StoredOAuthTokens) {
    this.#tokens = tokens;
  }
  redirectToAuthorization(url: URL) {
    this.sentTo.push(url);
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
}

test('logs in, calls a tool, is refused a scope, steps up, and calls', async () => {
  const port = await freePort();
  const resource = `http://127.0.0.1:${port}/mcp`;
  const server = await startAuthorizationServer(resource);
  const gateway = await startAccessGateway({
    file: `{ resource: '${resource}', issuers: [{ name: corp, issuer: '${server.url}' }] }`,
    env: { ASYA_GATEWAY_PORT: String(port) },
    actors: [actor('shrink', () => ({ done: true }))],
  });
  const memory = new Memory();
  const scopes = (): string[] =>
    memory.sentTo.map((url) => url.searchParams.get('scope') ?? '').map(String);

  const begun = new StreamableHTTPClientTransport(new URL(resource), { authProvider: memory });
  await expect(new Client({ name: 'test', version: '1' }).connect(begun)).rejects.toThrow(
    UnauthorizedError,
  );
  expect(scopes()).toEqual(['asya:call']);
  await begun.finishAuth(await server.logIn(memory.sentTo[0] ?? new URL(resource)));

  const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: memory });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).not.toContain('draw');
  const shrunk = await client.callTool({ name: 'shrink', arguments: {} });
  expect(shrunk.structuredContent).toEqual({ done: true });

  const draw = () => client.callTool({ name: 'draw', arguments: {} });
  await expect(draw()).rejects.toThrow(UnauthorizedError);
  expect(scopes()).toEqual(['asya:call', 'asya:call images']);
  await transport.finishAuth(await server.logIn(memory.sentTo[1] ?? new URL(resource)));
  expect((await draw()).structuredContent).toEqual({ done: true });
  process.stdout.write(`  logged in twice, for ${scopes().join(' and then ')}\n`);

  await client.close();
  await gateway.stop();
  await server.stop();
});
