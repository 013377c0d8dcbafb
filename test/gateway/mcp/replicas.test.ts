import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { callOf, rpc } from '../../support/mcp-gateway.ts';
import { begin, rest } from '../../support/clients/mcp-stream.ts';
import { startActors, startGateway, type AsyaProcess } from '../../support/processes.ts';
import { replaceFile } from '../../support/replace-file.ts';
import { ScratchBroker } from '../../support/scratch-broker.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';

/*
 * Legacy MCP on several gateway processes that share PostgreSQL and RabbitMQ and nothing else.
 */

const actorsFile = fileURLToPath(new URL('../../support/pipeline-actors.ts', import.meta.url));

let database: TestDatabase;
let sql: postgres.Sql;
let broker: ScratchBroker;
let directory: string;
let env: Record<string, string>;
const running = new Set<AsyaProcess>();
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  broker = new ScratchBroker();
  const steps = ['first', 'second', 'third'].map((step) => broker.step(step));
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const tools = join(directory, 'tools.yaml');
  const parameters = '{ ms: { type: integer, default: 0 } }';
  await writeFile(
    tools,
    `tools:
  - { name: pipeline, description: d, mode: wait, parameters: ${parameters}, route: [${steps.join(', ')}] }`,
  );
  env = {
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    ASYA_SECRET: 'shared by the replicas',
    TEST_STEP_PREFIX: broker.exchange,
  };
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
  await Promise.all([...running].filter((process) => process.running).map((p) => p.kill()));
  running.clear();
});

afterAll(async () => {
  await sql.end();
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

async function gateway() {
  const started = await startGateway(env);
  running.add(started.process);
  return { ...started, mcp: `${started.url}/mcp` };
}

async function actors(): Promise<void> {
  running.add(await startActors(actorsFile, env));
}

const version = { 'mcp-protocol-version': '2025-11-25' };

function post(mcp: string, message: object, headers: object = {}): Promise<Response> {
  return fetch(mcp, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...version,
      ...headers,
    },
    body: JSON.stringify(message),
  });
}

function resume(mcp: string, lastEventId: string, headers: object = {}): Promise<Response> {
  return fetch(mcp, {
    headers: {
      accept: 'text/event-stream',
      'last-event-id': lastEventId,
      ...version,
      ...headers,
    },
  });
}

/** What a stream of the job tells, by its history: the messages of all updates that have one. */
async function toldOf(jobId: string): Promise<string[]> {
  const rows = await sql<{ message: string }[]>`
    SELECT message FROM job_updates
    WHERE job_id = ${jobId} AND seq > 1 AND status = 'Running' AND progress_percent IS NOT NULL
    ORDER BY seq`;
  return rows.map(({ message }) => message);
}

async function statusOf(jobId: string): Promise<string> {
  const [row] = await sql<{ status: string }[]>`SELECT status FROM jobs WHERE id = ${jobId}`;
  return row?.status ?? 'unknown';
}

interface Progress {
  readonly progress: number;
  readonly message?: string | undefined;
}

const progressOf = ({ message }: { message: unknown }): Progress =>
  (message as { params: Progress }).params;

describe('a call', () => {
  test('invariants 4 and 10: cut by kill -9 goes on at another replica where it stopped', async () => {
    const [one, two] = await Promise.all([gateway(), gateway(), actors()]);
    const call = callOf('pipeline', { ms: 300 }, { progressToken: 't' });
    const { events, jobId } = await begin(await post(one.mcp, call));
    const seen: { id: string | null; message: unknown }[] = [];
    for await (const { id, data } of events) {
      seen.push({ id, message: JSON.parse(data ?? '') });
      if (data?.includes('second is at work') === true) break;
    }
    await one.process.kill();

    const resumed = await begin(await resume(two.mcp, seen.at(-1)?.id ?? ''));
    seen.push(...(await rest(resumed.events)));
    const response = seen.pop();
    expect(response?.message).toMatchObject({
      id: 1,
      result: { structuredContent: { trail: ['first', 'second', 'third'] }, isError: false },
    });
    expect(seen.map((event) => progressOf(event).message)).toEqual(await toldOf(jobId));
    const values = seen.map((event) => progressOf(event).progress);
    expect(values).toEqual([...new Set(values)].toSorted((a, b) => a - b));
  });

  test('cut while every gateway is gone goes on at the one that comes back', async () => {
    const first = await gateway();
    const call = callOf('pipeline', {}, { progressToken: 't' });
    const { events, lastEventId, jobId } = await begin(await post(first.mcp, call));
    await first.process.kill();
    await expect(events.next()).rejects.toThrow('terminated');

    const [again] = await Promise.all([gateway(), actors()]);
    const received = await rest((await begin(await resume(again.mcp, lastEventId))).events);
    expect(received.at(-1)?.message).toMatchObject({ id: 1, result: { isError: false } });
    const told = received.slice(0, -1).map((event) => progressOf(event).message);
    expect(told).toEqual(await toldOf(jobId));
  });

  test('invariant 10: made at one replica is cancelled at another', async () => {
    const [one, two] = await Promise.all([gateway(), gateway()]);
    const terms = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} };
    const initialized = await post(one.mcp, rpc('initialize', terms));
    const session = { 'mcp-session-id': initialized.headers.get('mcp-session-id') ?? '' };
    const call = { ...callOf('pipeline', {}, { progressToken: 't' }), id: 'x' };
    const { events, lastEventId, jobId } = await begin(await post(one.mcp, call, session));

    const cancelled = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'x' },
    };
    expect((await post(two.mcp, cancelled, session)).status).toBe(202);
    expect(await statusOf(jobId)).toBe('Cancelled');
    expect(await rest(events)).toEqual([]);
    expect((await resume(two.mcp, lastEventId, session)).status).toBe(204);
  });
});

describe('the official client behind a round robin', () => {
  async function connect(url: string): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
      // A connection for each request, so that they really go round.
      requestInit: { headers: { connection: 'close' } },
    });
    await client.connect(transport);
    open.push(() => client.close());
    return client;
  }

  async function roundRobin(...urls: string[]): Promise<TcpProxy> {
    const proxy = await TcpProxy.to(...urls);
    open.push(() => proxy.refuse());
    return proxy;
  }

  test('invariant 10: gets its result and all progress though the gateways of its call are killed', async () => {
    const [one, two, three] = await Promise.all([gateway(), gateway(), gateway(), actors()]);
    const proxy = await roundRobin(one.url, two.url);
    const client = await connect(proxy.url);
    const heard: Progress[] = [];
    const atWork = Promise.withResolvers<void>();
    const onprogress = (progress: Progress): void => {
      heard.push(progress);
      if (progress.message === 'second is at work') atWork.resolve();
    };
    const call = { name: 'pipeline', arguments: { ms: 400 } };
    const result = client.callTool(call, undefined, { onprogress });
    await atWork.promise;
    proxy.retarget(three.url);
    await Promise.all([one.process.kill(), two.process.kill()]);

    expect(await result).toMatchObject({
      structuredContent: { trail: ['first', 'second', 'third'] },
    });
    const [job] = await sql<{ id: string }[]>`SELECT id FROM jobs ORDER BY created_at DESC LIMIT 1`;
    expect(heard.map(({ message }) => message)).toEqual(await toldOf(job?.id ?? ''));
  });

  test('cancels a call on whichever replica its word arrives', async () => {
    const [one, two] = await Promise.all([gateway(), gateway()]);
    const proxy = await roundRobin(one.url, two.url);
    const client = await connect(proxy.url);
    const before = await sql<{ id: string }[]>`SELECT id FROM jobs`;
    // No actors run, so the calls wait.
    for (let n = 0; n < 3; n++) {
      const abort = new AbortController();
      const call = client.callTool({ name: 'pipeline' }, undefined, { signal: abort.signal });
      const statuses = (): Promise<readonly { status: string }[]> =>
        sql<{ status: string }[]>`
          SELECT status FROM jobs WHERE id <> ALL(${before.map(({ id }) => id)})
          ORDER BY created_at, id`;
      await expect.poll(async () => (await statuses()).at(n)?.status).toBe('Pending');
      abort.abort();
      await expect(call).rejects.toThrow('aborted');
      await expect.poll(async () => (await statuses()).at(n)?.status).toBe('Cancelled');
    }
    // The handshake takes three; then a call and its cancellation go to one replica each.
    expect(proxy.connections).toBeGreaterThanOrEqual(9);
  });
});

describe('tools', () => {
  const tool = (name: string): string =>
    `tools: [{ name: ${name}, description: d, route: [nowhere] }]`;

  test('are reloaded by a running gateway, which tells its clients; a broken file is only logged', async () => {
    const file = join(directory, 'reloaded.yaml');
    await writeFile(file, tool('one'));
    const { url, process } = await startGateway({
      ASYA_RABBITMQ_URL: 'memory:',
      ASYA_CONFIG_PATH: file,
    });
    running.add(process);
    const mcp = `${url}/mcp`;
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(mcp)));
    open.push(() => client.close());
    expect(client.getServerCapabilities()).toMatchObject({ tools: { listChanged: true } });
    const names = async (): Promise<string[]> =>
      (await client.listTools()).tools.map(({ name }) => name).slice(0, -4);
    const changed = Promise.withResolvers<void>();
    client.fallbackNotificationHandler = async ({ method }) => {
      if (method === 'notifications/tools/list_changed') changed.resolve();
    };

    process.child.kill('SIGHUP');
    await process.says(/tools loaded anew/);
    expect(await names()).toEqual(['one']);

    await replaceFile(file, 'tools: [{ name: two, descriptoin: d }]');
    await process.says(/descriptoin[^\n]*the tools stay as they were/);
    expect(await names()).toEqual(['one']);

    await replaceFile(file, tool('three'));
    await changed.promise;
    expect(await names()).toEqual(['three']);
    expect(process.running).toBe(true);
  });
});
