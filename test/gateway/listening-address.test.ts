import { networkInterfaces } from 'node:os';
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { AsyaProcess } from '../support/processes.ts';

/* Where a gateway listens, and what it says of it. */

const noIPv6 = !Object.values(networkInterfaces())
  .flat()
  .some((found) => found?.address === '::1');

let running: AsyaProcess | null = null;
afterEach(async () => {
  await running?.kill();
  running = null;
});

async function listen(host: string): Promise<{ readonly url: URL; readonly metrics: URL }> {
  running = new AsyaProcess(['serve', '--port', '0', '--host', host], {
    ASYA_RABBITMQ_URL: 'memory:',
    ASYA_METRICS_PORT: '0',
    ASYA_OPEN_ACCESS: 'true',
  });
  const [, metrics = ''] = await running.says(/"metrics at (http[^"]+)"/);
  const [, url = ''] = await running.says(/"listening on (http[^"]+)"/);
  return { url: new URL(url), metrics: new URL(metrics) };
}

const statusOf = async (url: URL | string): Promise<number> => (await fetch(url)).status;

describe.skipIf(noIPv6)('an IPv6 address', () => {
  test.each(['::1', '[::1]', '0:0:0:0:0:0:0:1'])('%s: what is printed is reached', async (host) => {
    const { url, metrics } = await listen(host);
    expect(url.hostname).toBe('[::1]');
    expect(await statusOf(new URL('/health', url))).toBe(200);
    expect(await statusOf(metrics)).toBe(200);
  });

  test.each(['::', '[::]'])('%s is every address, of IPv4 as well', async (host) => {
    const { url } = await listen(host);
    expect(url.hostname).toBe('[::]');
    expect(await statusOf(`http://[::1]:${url.port}/ready`)).toBe(200);
    expect(await statusOf(`http://127.0.0.1:${url.port}/ready`)).toBe(200);
  });
});

test.skipIf(noIPv6)(
  'on every spelling of loopback, a name that was rebound to it is refused',
  async () => {
    const { url } = await listen('0:0:0:0:0:0:0:1');
    const { statusCode, body } = await request(url, { headers: { host: 'evil.example' } });
    await body.dump();
    expect(statusCode).toBe(403);
  },
);

test('dev prints an address that a browser can open, where it listens on all of them', async () => {
  running = new AsyaProcess(['dev', '--port', '0', '--host', '0.0.0.0'], {
    ASYA_OPEN_ACCESS: 'true',
  });
  await running.says(/Listening on http:\/\/0\.0\.0\.0:\d+/);
  const [, endpoint = ''] = await running.says(/MCP endpoint +(\S+)/);
  expect(new URL(endpoint)).toMatchObject({ hostname: '127.0.0.1', pathname: '/mcp' });
});

test('an address that this machine does not have stops the start with its variable', async () => {
  const args = ['serve', '--port', '0', '--host', '2001:db8::1'];
  const { code, output } = await new AsyaProcess(args, {
    ASYA_RABBITMQ_URL: 'memory:',
    ASYA_OPEN_ACCESS: 'true',
  }).exited;
  expect(code).toBe(1);
  expect(output).toMatch(/^ASYA_GATEWAY_HOST: this machine has no address 2001:db8::1/m);
});

test.skipIf(noIPv6)('an IPv6 port that is taken is named as a URL would', async () => {
  const { url } = await listen('::1');
  const args = ['serve', '--port', url.port, '--host', '::1'];
  const { output } = await new AsyaProcess(args, {
    ASYA_RABBITMQ_URL: 'memory:',
    ASYA_OPEN_ACCESS: 'true',
  }).exited;
  expect(output).toMatch(
    new RegExp(`^ASYA_GATEWAY_PORT: port ${url.port} at \\[::1\\] is taken`, 'm'),
  );
});
