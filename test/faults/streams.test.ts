import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import { scrape } from '../support/scrape.ts';
import { Cluster, unavailable } from './cluster.ts';
import { note, scaled, timeout } from './fault-run.ts';
import { readWithCuts } from './stream-reader.ts';

const jobsCount = scaled(4, 20);
const readersPerJob = scaled(15, 100);
const cutsPerReader = scaled(8, 100);
const updatesPerJob = scaled(30, 320);

/** No actors: the tests report by HTTP what the streams are to show. */
describe.skipIf(unavailable !== null)('streams', { timeout }, () => {
  let cluster: Cluster;
  let urls: string[] = [];
  const agent = new Agent({ connections: null, pipelining: 1 });

  beforeAll(async () => {
    cluster = await Cluster.create();
    for (const step of ['double']) {
      await cluster.rabbitmq.use((connection) =>
        connection.queueDeclare({ queue: step, durable: true }),
      );
    }
    const env = () => ({ ASYA_METRICS_PORT: '0' });
    await cluster.start({ gateways: 2, actors: 0, env });
    urls = cluster.gateways.map(({ url }) => url);
  });
  afterAll(async () => {
    await agent.destroy();
    await cluster.remove();
  });

  /** Sent until it is taken, at whichever replica lives. */
  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    for (let attempt = 0; ; attempt++) {
      const url = urls[attempt % urls.length] ?? '';
      const answer = await request(url + path, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).catch(() => null);
      if (answer !== null) {
        const value = (await answer.body.json()) as Record<string, unknown>;
        if (answer.statusCode === 200) return value;
        if (answer.statusCode !== 503) throw new Error(JSON.stringify(value));
      }
      await pause(50);
    }
  }

  async function newJob(): Promise<string> {
    const answer = await post('/tools/call', { name: 'calculate', arguments: { n: 1 } });
    return (answer['structuredContent'] as { job_id: string }).job_id;
  }

  const say = (id: string, message: string) =>
    post(`/jobs/${id}/heartbeat`, { actor_name: 'double', status: 'processing', message });

  test('invariant 4: clients that are cut again and again, and a replica killed meanwhile: no update missing, repeated or out of order', async () => {
    const ids = await Promise.all(Array.from({ length: jobsCount }, newJob));
    const begun = Date.now();
    const readings = ids.flatMap((id) =>
      Array.from({ length: readersPerJob }, (_, first) =>
        readWithCuts(urls, id, { agent, cuts: cutsPerReader, first }),
      ),
    );
    const written = ids.map(async (id) => {
      for (let i = 0; i < updatesPerJob; i++) {
        await say(id, `update ${i}`);
        await pause(scaled(50, 150));
      }
      await post(`/jobs/${id}/final`, { status: 'succeeded', result: { n: 9 } });
    });
    await pause(500);
    await cluster.gateways[1]?.kill();
    await pause(500);
    await cluster.gateways[1]?.start();
    await Promise.all(written);
    const results = await Promise.all(readings);

    const rows = await cluster.postgres.query(
      (sql) => sql<{ id: string; seq: number }[]>`SELECT id, seq FROM jobs`,
    );
    const seqOf = new Map(rows.map(({ id, seq }) => [id, seq]));
    const wrong = results.filter(({ seqs }, i) => {
      const newest = seqOf.get(ids[Math.floor(i / readersPerJob)] ?? '') ?? 0;
      return seqs.length !== newest || seqs.some((seq, at) => seq !== at + 1);
    });
    const cuts = results.reduce((sum, reading) => sum + reading.cuts, 0);
    note({
      fault: `${results.length} streams cut ${cuts} times, a replica killed meanwhile`,
      load: `${jobsCount} jobs, ${Math.round((Date.now() - begun) / 1000)} s`,
      accepted: ids.length,
      refused: 0,
      unanswered: 0,
      lost: wrong.length,
      repeatedRuns: 0,
      recovery: null,
    });
    expect(wrong).toEqual([]);
    expect(cuts).toBeGreaterThan(results.length * (cutsPerReader / 2));
  });

  test('invariant 9: readers that take nothing cost no memory, are cut, and can resume', async () => {
    const id = await newJob();
    const gateway = cluster.gateways[0];
    if (gateway === undefined) throw new Error('no gateway');
    const [, metrics = ''] = await gateway.process.says(/"metrics at (http[^"]+)"/);
    const streams = async () => (await scrape(metrics)).value('asya_sse_streams');
    const readers = await Promise.all(
      Array.from({ length: scaled(40, 300) }, () => stalledReader(gateway.url, id)),
    );
    const closed = readers.map(async (socket) => {
      socket.on('error', () => {});
      await once(socket, 'close');
    });
    await expect.poll(streams).toBe(readers.length);
    const before = await gateway.memory();
    // Together more than a thousand times what the kernel's buffers of one connection hold.
    const text = 'x'.repeat(4_000);
    for (let i = 0; i < 150; i++) {
      await Promise.all(Array.from({ length: 10 }, (_, k) => say(id, `${i} ${k} ${text}`)));
    }
    await pause(1_000);
    const grown = (await gateway.memory()) - before;
    // 6 MB of updates for each: buffered, they would be some hundred MB.
    expect(grown).toBeLessThan(200);
    // After 30 s they are given up, and whoever reads again finds the connection closed.
    await expect.poll(streams, { timeout: 2 * patienceMs }).toBe(0);
    for (const socket of readers) socket.resume();
    await Promise.all(closed);
    await post(`/jobs/${id}/final`, { status: 'succeeded', result: { n: 9 } });
    const { seqs } = await readWithCuts(urls, id, { agent, cuts: 0, first: 0 });
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1));
    expect(seqs.length).toBeGreaterThan(1_500);
  });

  /** Asks for a stream, and never reads what comes. */
  async function stalledReader(url: string, id: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    socket.pause();
    socket.write(`GET /jobs/${id}/stream HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
    return socket;
  }
});
