import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** How an issuer of a test answers when it is asked for its keys. */
export type Behaviour = 'serves' | 'refuses' | 'redirects' | 'floods';

interface TokenOptions {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
  readonly kid?: string;
}

/** An issuer of access tokens on loopback, whose keys and tokens a test makes as it needs them. */
export async function startIssuer(resource: string) {
  const rsa = await generateKeyPair('RS256', { extractable: true });
  const publicKey: JWK = { ...(await exportJWK(rsa.publicKey)), kid: 'first', use: 'sig' };
  const state = { behaviour: 'serves' as Behaviour, fetches: 0, keys: [publicKey] };
  const server = createServer((request, response) => {
    state.fetches++;
    if (state.behaviour === 'refuses') return void response.writeHead(500).end();
    if (state.behaviour === 'redirects') {
      return void response.writeHead(302, { location: `${url}/elsewhere` }).end();
    }
    if (state.behaviour === 'floods') return flood(response);
    response.setHeader('content-type', 'application/json');
    const isMetadata = request.url?.includes('.well-known') === true;
    response.end(
      JSON.stringify(isMetadata ? { issuer: url, jwks_uri: `${url}/keys` } : { keys: state.keys }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    state,
    publicKey,
    rsa,
    /** A token that is good, but for what the test says otherwise; undefined leaves a claim out. */
    token(claims: Readonly<Record<string, unknown>> = {}, options: TokenOptions = {}) {
      const now = Math.floor(Date.now() / 1000);
      const { key = rsa.privateKey, alg = 'RS256', kid = 'first', header = {} } = options;
      const all = {
        iss: url,
        aud: resource,
        sub: 'alice',
        scope: 'asya:call',
        iat: now,
        exp: now + 600,
        ...claims,
      };
      return new SignJWT(JSON.parse(JSON.stringify(all)))
        .setProtectedHeader({ alg, kid, ...header })
        .sign(key);
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>;

/** 50 MB, as far as the reader takes them. */
function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(1_048_576, 0x20);
  let left = 50;
  const send = (): void => {
    while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', send);
    response.end();
  };
  send();
}
