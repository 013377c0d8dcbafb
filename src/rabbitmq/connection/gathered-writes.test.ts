import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Connection } from 'rabbitmq-client';
import { expect, test } from 'vitest';
import { services } from '../../../test/support/services.ts';
import { gatherWrites } from './gathered-writes.ts';

test('sends the messages of one turn of the event loop together, in order', async () => {
  const broker = new URL(services.rabbitmqUrl);
  const arrivals: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(broker.port), broker.hostname);
    client.on('data', (chunk: Buffer) => arrivals.push(chunk));
    client.pipe(upstream).pipe(client);
    // A broker that is told goodbye resets the connection.
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(broker);
  url.port = `${(server.address() as AddressInfo).port}`;

  const connection = new Connection(url.href);
  try {
    await once(connection, 'connection');
    gatherWrites(connection);
    const channel = await connection.acquire();
    await channel.confirmSelect();
    arrivals.length = 0;
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await Promise.all(
      numbers.map((n) => channel.basicPublish({ routingKey: 'nowhere' }, Buffer.from(`<${n}>`))),
    );
    const sent = Buffer.concat(arrivals).toString('latin1');
    expect(sent.match(/<\d+>/g)).toEqual(numbers.map((n) => `<${n}>`));
    expect(arrivals.length).toBeLessThan(5);
    await channel.close();
  } finally {
    await connection.close();
    server.close();
  }
});
