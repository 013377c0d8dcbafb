import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Context } from 'oidc-provider';

/** A real authorization server on loopback, at which everybody who asks is logged in as alice. */
export async function startAuthorizationServer(resource: string) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scope = 'asya:read asya:call images';
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'mcp-client',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    scopes: ['openid', ...scope.split(' ')],
    findAccount: async (_context: Context, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId }),
    }),
    pkce: { required: () => true },
    interactions: { url: (_context: Context, { uid }: { uid: string }) => `/login/${uid}` },
    // Nobody is asked for consent: what is asked for is granted.
    loadExistingGrant: async ({ oidc }: Context) => {
      const { clientId } = oidc.client;
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(`openid ${scope}`);
      grant.addResourceScope(resource, oidc.params.scope ?? '');
      await grant.save();
      return grant;
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/login/') !== true) return answer(request, response);
    void provider.interactionFinished(request, response, {
      login: { accountId: 'alice' },
      consent: {},
    });
  });

  return {
    url,
    /** Goes where a browser would go with the user, up to the callback; what the client gets there. */
    async logIn(authorization: URL): Promise<URLSearchParams> {
      const cookies = new Map<string, string>();
      let at = authorization;
      for (let hops = 0; at.pathname !== '/callback'; hops++) {
        if (hops > 10) throw new Error(`no end of redirects: ${at.href}`);
        const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
        const response = await fetch(at, { headers: { cookie }, redirect: 'manual' });
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          cookies.set(name, value);
        }
        const location = response.headers.get('location');
        if (location === null)
          throw new Error(`${at.href}: ${response.status} ${await response.text()}`);
        at = new URL(location, at);
      }
      return at.searchParams;
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
