import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { SseStream } from './sse.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** The two ends of a response over a real connection. */
async function connect() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  request.on('error', () => {});
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  closers.push(() => {
    request.destroy();
    server.close();
    server.closeAllConnections();
  });
  return { request, response };
}

type Exchange = Awaited<ReturnType<typeof connect>>;

async function head({ request }: Exchange): Promise<IncomingMessage> {
  const [incoming] = (await once(request, 'response')) as [IncomingMessage];
  return incoming;
}

test('a client that left before the stream began is noticed at once', async () => {
  const { request, response } = await connect();
  request.destroy();
  await once(response, 'close');
  const stream = new SseStream(response, { stallMs: 60_000 });
  expect(stream.signal.aborted).toBe(true);
  await stream.send({ data: 'to nobody' });
  stream.end();
});

test('the head asks everything between here and the client to pass the bytes on as they come', async () => {
  const exchange = await connect();
  const stream = new SseStream(exchange.response);
  const { headers } = await head(exchange);
  // A proxy that compresses gathers what it compresses, unless it is told not to (RFC 9111, 5.2.2.6).
  expect(headers['cache-control']).toBe('no-cache, no-transform');
  expect(headers['x-accel-buffering']).toBe('no');
  stream.end();
});

describe('many senders to a client that reads nothing', () => {
  const senders = 40;
  const data = 'x'.repeat(1_000_000);

  test('keep one event in memory between them, and nobody is warned of their number', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const exchange = await connect();
    const { response } = exchange;
    const stream = new SseStream(response);
    const incoming = await head(exchange);
    const sent = Array.from({ length: senders }, (_, n) =>
      stream.send({ id: String(n), data }).then(() => n),
    );
    expect(response.writableLength).toBeLessThan(2 * data.length);
    expect(response.listenerCount('drain')).toBeLessThanOrEqual(2);

    const ids: string[] = [];
    let received = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (text: string) => {
      expect(response.writableLength).toBeLessThan(2 * data.length);
      received += text;
      ids.push(...received.matchAll(/^id: (\d+)$/gm).map(([, id]) => id ?? ''));
      received = received.slice(received.lastIndexOf('\n') + 1);
    });
    await Promise.all(sent);
    stream.end();
    await once(incoming, 'end');
    expect(ids).toEqual(Array.from({ length: senders }, (_, n) => String(n)));
    // Node tells of warnings on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  test('are all released when the client is disconnected for taking nothing', async () => {
    const exchange = await connect();
    const stream = new SseStream(exchange.response, { stallMs: 50 });
    await head(exchange);
    await Promise.all(Array.from({ length: senders }, () => stream.send({ data })));
    expect(stream.signal.aborted).toBe(true);
    expect(exchange.response.destroyed).toBe(true);
  });

  test('are all released when the stream ends', async () => {
    const exchange = await connect();
    const stream = new SseStream(exchange.response, { stallMs: 60_000 });
    await head(exchange);
    const sent = Array.from({ length: senders }, () => stream.send({ data }));
    stream.end();
    await Promise.all(sent);
    expect(SseStream.open).toBe(0);
  });
});
