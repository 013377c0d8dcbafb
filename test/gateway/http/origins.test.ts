import { afterEach, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp, type TestAppOptions } from '../../support/app.ts';

let gateway: TestApp;
afterEach(() => gateway.close());

async function request(
  headers: Record<string, string>,
  config: TestAppOptions['config'] = {},
  method: 'GET' | 'OPTIONS' = 'GET',
) {
  gateway = await createTestApp({ config });
  return gateway.app.inject({ method, url: '/jobs', headers });
}

describe('Host on a loopback bind', () => {
  test.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '127.1.2.3', '[::1]:8080', '[::1]'])(
    '%s is let in',
    async (host) => {
      expect((await request({ host })).statusCode).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example:8080', '127.0.0.1.evil.example', '10.0.0.1'])(
    '%s is 403: a name rebound to this address',
    async (host) => {
      const response = await request({ host });
      expect(response.statusCode).toBe(403);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.json()).toMatchObject({ status: 403, code: 'host_not_allowed' });
    },
  );

  test('a name of ASYA_ALLOWED_HOSTS is let in, at any port', async () => {
    const config = { allowedHosts: ['gateway.local'] };
    expect((await request({ host: 'Gateway.local:8080' }, config)).statusCode).toBe(200);
  });

  test.each(['::1', 'localhost', '127.0.0.2'])('a bind to %s is one, too', async (bind) => {
    expect((await request({ host: 'evil.example' }, { host: bind })).statusCode).toBe(403);
  });

  test.each(['[::ffff:7f00:1]:8080', 'LocalHost.', '127.0.0.1.:8080'])(
    '%s is another spelling of it',
    async (host) => {
      expect((await request({ host })).statusCode).toBe(200);
    },
  );

  test.each(['a b', 'localhost:x', 'localhost@evil.example', '[::1'])(
    '%j is 403, because it is no host',
    async (host) => {
      expect((await request({ host })).statusCode).toBe(403);
    },
  );

  test('paths nobody knows are guarded as well', async () => {
    gateway = await createTestApp();
    const response = await gateway.app.inject({ url: '/no', headers: { host: 'evil.example' } });
    expect(response.statusCode).toBe(403);
  });
});

describe('Host elsewhere', () => {
  const everywhere = { host: '0.0.0.0' };

  test('any name is let in: proxies and services have their own', async () => {
    const response = await request({ host: 'gateway.prod.example' }, everywhere);
    expect(response.statusCode).toBe(200);
  });

  const config = { ...everywhere, allowedHosts: ['gateway.example', 'other.example:443'] };

  test.each([
    ['the name', 'gateway.example'],
    ['the name at any port', 'Gateway.Example:8080'],
    ['the name with the dot of the root', 'gateway.example.'],
    ['the name and its port', 'other.example:443'],
    ['the name at the port of https, which browsers leave out', 'other.example'],
    ['an address, which no name server can point elsewhere', '10.1.2.3:8080'],
    ['an IPv6 address', '[fd00::1]:8080'],
    ['loopback', 'localhost:8080'],
  ])('once ASYA_ALLOWED_HOSTS is set: %s is let in', async (_name, host) => {
    expect((await request({ host }, config)).statusCode).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:443',
    'gateway.example.evil.example',
    'other.example:80',
  ])('once ASYA_ALLOWED_HOSTS is set: %s is 403', async (host) => {
    const response = await request({ host }, config);
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({
      code: 'host_not_allowed',
      detail: expect.stringContaining('ASYA_ALLOWED_HOSTS'),
    });
  });

  test.each(['/health', '/ready'])('%s answers a probe by the address of its pod', async (url) => {
    gateway = await createTestApp({ config });
    const headers = { host: '[fd00::1]:8080' };
    expect((await gateway.app.inject({ url, headers })).statusCode).toBe(200);
  });
});

describe('Origin', () => {
  test.each([
    ['', { host: 'localhost:8080', origin: 'http://localhost:8080' }],
    [
      ', whose Host names the port of its scheme',
      { host: 'localhost:80', origin: 'http://localhost' },
    ],
    [', behind a proxy that ends TLS', { host: '127.0.0.1', origin: 'https://127.0.0.1' }],
    [', in other spellings', { host: 'LOCALHOST.:8080', origin: 'http://localhost:8080' }],
    [', an IPv6 address', { host: '[0:0::1]:8080', origin: 'http://[::1]:8080' }],
  ])('our own is let in%s', async (_name, headers) => {
    expect((await request(headers)).statusCode).toBe(200);
  });

  test.each([
    ['another site', 'https://evil.example'],
    ['another port', 'http://localhost:3000'],
    ['an opaque one', 'null'],
    ['nonsense', 'localhost:8080'],
    ['an application of the same host', 'capacitor://localhost:8080'],
  ])('%s is 403', async (_name, origin) => {
    const response = await request({ host: 'localhost:8080', origin });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    expect(response.headers).not.toHaveProperty('access-control-allow-origin');
  });

  const config = { allowedOrigins: ['https://app.example'] };
  const headers = { host: 'localhost:8080', origin: 'https://app.example' };

  test('one of ASYA_ALLOWED_ORIGINS is let in, and its browser may show the answer', async () => {
    const response = await request(headers, config);
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': expect.stringContaining('Mcp-Session-Id'),
      vary: 'Origin',
    });
  });

  test('its streams may be read, too', async () => {
    gateway = await createTestApp({ config });
    const { id } = await gateway.submit();
    await gateway.jobs.cancel(id, null);
    const response = await gateway.app.inject({ url: `/jobs/${id}/stream`, headers });
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'access-control-allow-origin': 'https://app.example',
    });
  });

  test('its browser is told beforehand what a page may send', async () => {
    const response = await request(
      {
        ...headers,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'content-type, mcp-session-id',
      },
      config,
      'OPTIONS',
    );
    expect(response.statusCode).toBe(204);
    expect(response.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'content-type, mcp-session-id',
      'access-control-max-age': '7200',
    });
  });

  test('a page of another site learns nothing beforehand', async () => {
    const response = await request(
      { ...headers, origin: 'https://evil.example', 'access-control-request-method': 'GET' },
      config,
      'OPTIONS',
    );
    expect(response.statusCode).toBe(403);
    expect(response.headers).not.toHaveProperty('access-control-allow-methods');
  });
});
