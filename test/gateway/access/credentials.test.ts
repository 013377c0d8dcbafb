import { request } from 'node:http';
import { exportSPKI, generateKeyPair, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../src/access/api-keys.ts';
import {
  as,
  resource,
  startAccessGateway,
  type AccessGateway,
} from '../../support/access/access-gateway.ts';
import { ask } from '../../support/access/asked-and-answered.ts';
import { startIssuer, type TestIssuer } from '../../support/access/issuer.ts';

/* Who is let in: every request of the design that is about a credential, by its number. */

let issuer: TestIssuer;
let other: TestIssuer;
let gateway: AccessGateway;
const ci = newKey();
const old = newKey();
const actorKey = newKey();

beforeAll(async () => {
  issuer = await startIssuer(resource);
  other = await startIssuer(resource);
  gateway = await startAccessGateway({ file: fileOf() });
});
afterAll(async () => {
  await gateway.stop();
  await issuer.stop();
  await other.stop();
});

function fileOf(): string {
  return `
resource: ${resource}
issuers:
  - { name: corp, issuer: '${issuer.url}' }
  - { name: second, issuer: '${other.url}' }
keys:
  - { name: ci, hash: '${ci.hash}', scopes: [asya:call] }
  - { name: old, hash: '${old.hash}', scopes: [asya:call], expires: 2020-01-01 }
actors: { keys: ['${actorKey.hash}'] }
`;
}

const now = (): number => Math.floor(Date.now() / 1000);
const jobs = (): string => `${gateway.url}/jobs`;
const metadata = 'https://asya.example/.well-known/oauth-protected-resource/mcp';

describe('without a credential', () => {
  test.each([
    ['1', 'POST', '/mcp', 'asya:call'],
    ['2', 'GET', '/jobs', 'asya:read'],
    ['3', 'POST', '/tools/call', 'asya:call'],
    ['4', 'GET', '/jobs/J/stream', 'asya:read'],
    ['5', 'GET', '/envelopes/J', 'asya:read'],
  ])(
    '%s: %s %s is a 401 with all that a client needs, its body unread',
    async (n, method, path, scope) => {
      // A body that never comes would keep a server waiting that read it.
      const answer = await new Promise<{ status: number; challenge: string }>((resolve, reject) => {
        const sent = request(`${gateway.url}${path}`, {
          method,
          headers:
            method === 'POST' ? { 'content-type': 'application/json', 'content-length': 100 } : {},
        });
        sent.on('error', reject);
        sent.on('response', (response) => {
          response.resume();
          resolve({
            status: response.statusCode ?? 0,
            challenge: String(response.headers['www-authenticate']),
          });
          sent.destroy();
        });
        sent.flushHeaders();
        if (method === 'GET') sent.end();
      });
      process.stdout.write(`  ${n}: ${method} ${path} → ${answer.status} ${answer.challenge}\n`);
      expect(answer.status).toBe(401);
      expect(answer.challenge).toBe(`Bearer scope="${scope}", resource_metadata="${metadata}"`);
    },
  );

  test('6–7: two credentials are a 400', async () => {
    const two = await new Promise<number>((resolve, reject) => {
      const credential = as(ci.key)['authorization'] ?? '';
      const headers = [
        'Host',
        '127.0.0.1',
        'Authorization',
        credential,
        'Authorization',
        credential,
      ];
      request(jobs(), { headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
    expect(two).toBe(400);
    expect((await ask('7', jobs(), { headers: { authorization: 'Bearer a b' } })).status).toBe(400);
  });

  test('8–9: a token in the query or a cookie is none', async () => {
    const token = await issuer.token();
    const queried = await ask('8', `${gateway.url}/jobs?access_token=${token}`);
    const cookie = await ask('9', jobs(), { headers: { cookie: `access_token=${token}` } });
    expect([queried.status, cookie.status]).toEqual([401, 401]);
  });
});

type Made = () => Promise<string> | string;

/** What is wrong with each token. */
const refused: readonly (readonly [string, string, Made])[] = [
  [
    '10',
    'alg none',
    () =>
      new UnsecuredJWT({ sub: 'a' })
        .setIssuer(issuer.url)
        .setAudience(resource)
        .setExpirationTime('1h')
        .encode(),
  ],
  [
    '11',
    'HS256 keyed with the public key',
    async () => {
      const secret = new TextEncoder().encode(await exportSPKI(issuer.rsa.publicKey));
      return issuer.token({}, { alg: 'HS256', key: secret });
    },
  ],
  [
    '12',
    'ES256 on an RSA key',
    async () => {
      const { privateKey } = await generateKeyPair('ES256');
      return issuer.token({}, { alg: 'ES256', key: privateKey });
    },
  ],
  [
    '13',
    'an altered signature',
    async () => {
      const [head, body, signature = ''] = (await issuer.token()).split('.');
      const turned = signature.startsWith('A') ? 'B' : 'A';
      return [head, body, turned + signature.slice(1)].join('.');
    },
  ],
  [
    '14',
    'an altered payload',
    async () => {
      const [head, body = '', signature] = (await issuer.token()).split('.');
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
      const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url');
      return [head, changed, signature].join('.');
    },
  ],
  ['15', 'expired 31 s ago', () => issuer.token({ exp: now() - 31 })],
  ['16', 'not valid yet', () => issuer.token({ nbf: now() + 60 })],
  ['17', 'without an end', () => issuer.token({ exp: undefined })],
  ['18', 'issued in the future', () => issuer.token({ iat: now() + 60 })],
  ['19', 'for another audience', () => issuer.token({ aud: 'https://other.example/mcp' })],
  ['20', 'for no audience', () => issuer.token({ aud: undefined })],
  ['21', 'for our audience with a slash', () => issuer.token({ aud: `${resource}/` })],
  ['23', 'of an unknown issuer', () => issuer.token({ iss: 'https://evil.example' })],
  ['24', "of one issuer, signed with the other's key", () => other.token({ iss: issuer.url })],
  ['25', 'an ID token', () => issuer.token({ aud: 'client-id', nonce: 'n' })],
  [
    '27',
    'with a key of its own',
    async () =>
      issuer.token(
        {},
        {
          header: { jku: 'http://127.0.0.1:1/', jwk: issuer.publicKey },
          key: (await generateKeyPair('RS256')).privateKey,
        },
      ),
  ],
  ['29', 'without a subject', () => issuer.token({ sub: undefined })],
  ['30', 'with a number for a subject', () => issuer.token({ sub: 7 })],
  ['31', 'with NUL in its subject', () => issuer.token({ sub: 'a\u0000b' })],
  ['36', 'an unknown key', () => newKey().key],
  ['37', 'the hash of a key', () => ci.hash],
  ['38', 'a key that has expired', () => old.key],
  ['40', 'a key of actors', () => actorKey.key],
];

test.each(refused)('%s: %s is a 401', async (n, _title, made) => {
  const credential = await made();
  const { status, headers, text } = await ask(n, jobs(), { headers: as(credential) });
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect(text).not.toContain(credential);
});

test('28: a token with a header that must be understood, and is not, is a 401', async () => {
  const [, body, signature] = (await issuer.token()).split('.');
  const head = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'first', crit: ['x'], x: 1 }));
  const token = [head.toString('base64url'), body, signature].join('.');
  expect((await ask('28', jobs(), { headers: as(token) })).status).toBe(401);
});

test('22: a list of audiences with ours is good', async () => {
  const token = await issuer.token({ aud: ['https://other.example', resource] });
  expect((await ask('22', jobs(), { headers: as(token) })).status).toBe(200);
});

test('a key is good, also as the password of a URL', async () => {
  expect((await ask('key', jobs(), { headers: as(ci.key) })).status).toBe(200);
  const basic = { authorization: `Basic ${Buffer.from(`any:${ci.key}`).toString('base64')}` };
  expect((await ask('basic', jobs(), { headers: basic })).status).toBe(200);
});

test('26: a thousand unknown keys lead to one look at the issuer', async () => {
  await ask('26', jobs(), { headers: as(await issuer.token()) });
  const before = issuer.state.fetches;
  const begun = Date.now();
  for (let n = 0; n < 20; n++) {
    const batch = Array.from({ length: 50 }, async (_, i) => {
      const token = await issuer.token({}, { kid: `k${n}-${i}` });
      return (await fetch(jobs(), { headers: as(token) })).status;
    });
    expect(new Set(await Promise.all(batch))).toEqual(new Set([401]));
  }
  // One look in 30 s, and a busy machine takes its time for a thousand.
  const pauses = Math.floor((Date.now() - begun) / 30_000);
  expect(issuer.state.fetches - before).toBeLessThanOrEqual(2 + pauses);
});

test.each([
  ['32', 'redirects'],
  ['33', 'floods'],
  ['35', 'refuses'],
] as const)(
  '%s: an issuer that %s at a cold start is a 503, and the gateway is ready',
  async (n, behaviour) => {
    const cold = await startIssuer(resource);
    cold.state.behaviour = behaviour;
    const file = `{ resource: '${resource}', issuers: [{ name: cold, issuer: '${cold.url}' }] }`;
    const another = await startAccessGateway({ file });
    const answer = await ask(n, `${another.url}/jobs`, { headers: as(await cold.token()) });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'issuer_unavailable' });
    expect((await ask(n, `${another.url}/ready`)).status).toBe(200);
    await another.stop();
    await cold.stop();
  },
);

test('34: an issuer that is away keeps nobody out whose key is known', async () => {
  await ask('34', jobs(), { headers: as(await issuer.token()) });
  issuer.state.behaviour = 'refuses';
  const { status } = await ask('34', jobs(), { headers: as(await issuer.token({ sub: 'new' })) });
  issuer.state.behaviour = 'serves';
  expect(status).toBe(200);
});

test('41: a client is nobody to the listener of actors', async () => {
  const url = `${gateway.actorUrl}/jobs/J/active`;
  for (const credential of [await issuer.token(), ci.key]) {
    expect((await ask('41', url, { headers: as(credential) })).status).toBe(401);
  }
  expect((await ask('41', url, { headers: as(actorKey.key) })).status).toBe(410);
  expect((await ask('41', `${gateway.actorUrl}/health`)).status).toBe(200);
});

test('76–78: pages of strangers are kept out, and those of friends can read the challenge', async () => {
  const token = await issuer.token();
  const evil = { ...as(token), origin: 'https://evil.example' };
  expect((await ask('76', jobs(), { headers: evil })).status).toBe(403);
  const file = fileOf();
  const everywhere = await startAccessGateway({ file, env: { ASYA_GATEWAY_HOST: '0.0.0.0' } });
  const rebound = await new Promise<string>((resolve, reject) => {
    request(`${everywhere.url}/jobs`, { headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(String(response.headers['www-authenticate']));
    })
      .on('error', reject)
      .end();
  });
  await everywhere.stop();
  expect(rebound).toContain(metadata);
  expect(rebound).not.toContain('evil');
  const page = { origin: 'https://page.example' };
  const preflight = await ask('78', jobs(), {
    method: 'OPTIONS',
    headers: { ...page, 'access-control-request-method': 'GET' },
  });
  expect(preflight.status).toBe(204);
  const denied = await ask('78', jobs(), { headers: page });
  expect(denied.status).toBe(401);
  expect(denied.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
  expect(denied.headers.get('access-control-allow-origin')).toBe('https://page.example');
});

test('the metadata says where tokens are to be had', async () => {
  for (const path of ['', '/mcp']) {
    const url = `${gateway.url}/.well-known/oauth-protected-resource${path}`;
    expect(JSON.parse((await ask('PRM', url)).text)).toMatchObject({
      resource,
      authorization_servers: [issuer.url, other.url],
    });
  }
});

test('39, 83: a key that is removed is refused; a file that is broken or gone changes nothing', async () => {
  const without = fileOf().replace(/ {2}- { name: ci.*\n/, '');
  await gateway.rewrite(without);
  expect((await ask('39', jobs(), { headers: as(ci.key) })).status).toBe(401);
  await gateway.rewrite(fileOf());
  expect((await ask('39', jobs(), { headers: as(ci.key) })).status).toBe(200);
  await gateway.rewrite('keys: [');
  expect(gateway.access.usable).toBe(false);
  expect((await ask('83', jobs(), { headers: as(ci.key) })).status).toBe(200);
  expect((await ask('83', jobs())).status).toBe(401);
  await gateway.rewrite(null);
  expect((await ask('83', jobs(), { headers: as(ci.key) })).status).toBe(200);
  expect((await ask('83', jobs())).status).toBe(401);
  expect(gateway.lines.join('')).toContain('stay as they were');
  expect(gateway.lines.join('')).not.toContain(ci.key);
});
