import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { SseStream } from './sse.ts';

/** A response whose client has left already. */
async function abandonedResponse(): Promise<ServerResponse> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  client.on('error', () => {});
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  client.destroy();
  await once(response, 'close');
  server.close();
  return response;
}

test('a client that left before the stream began is noticed at once', async () => {
  const stream = new SseStream(await abandonedResponse(), { stallMs: 60_000 });
  expect(stream.signal.aborted).toBe(true);
  await stream.send({ data: 'to nobody' });
  stream.end();
});
