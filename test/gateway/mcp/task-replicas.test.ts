import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { createGateway, type Gateway } from '../../../src/gateway.ts';
import { ToolSource } from '../../../src/tools/tool-source.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { ScratchBroker } from '../../support/scratch-broker.ts';
import {
  askModern,
  messagesOf,
  postModern,
  type Message,
} from '../../support/clients/modern-client.ts';

/* Two gateways on one PostgreSQL: what one begins, the other goes on with (invariant 10). */

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
const gateways: Gateway[] = [];
let one: URL;
let other: URL;

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const path = join(directory, 'tools.yaml');
  // No actor works at these steps: the tests report in its place.
  const [first, second] = [broker.step('first'), broker.step('second')];
  const route = `[${first}, ${second}]`;
  await writeFile(path, `tools: [{ name: slow, description: d, route: ${route} }]`);
  [one, other] = [await startGateway(path), await startGateway(path)];
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

async function startGateway(path: string): Promise<URL> {
  const log = pino({ level: 'silent' });
  const config = readConfig({
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_GATEWAY_PORT: '0',
    ASYA_SECRET: 'shared by the replicas',
  });
  const onFatal = (error: Error): never => {
    throw error;
  };
  const tools = new ToolSource({ path, log });
  const gateway = createGateway({ config, tools, access: null, version: '1', log, onFatal });
  await gateway.start();
  gateways.push(gateway);
  return new URL('/mcp', gateway.url ?? '');
}

/** Reports to a replica as an actor does. */
async function report(url: URL, taskId: string, kind: string, body: object): Promise<void> {
  const response = await fetch(new URL(`/jobs/${taskId}/${kind}`, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

function succeed(url: URL, taskId: string): Promise<void> {
  return report(url, taskId, 'final', {
    job_id: taskId,
    status: 'succeeded',
    result: { n: 42 },
  });
}

/** Asks as a client of 2025-11-25 does. */
async function askLegacy(url: URL, method: string, params: object): Promise<Message> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return response.json();
}

const tasks = { tasks: true };

describe('a task of 2026-07-28', () => {
  async function start(): Promise<string> {
    const { result } = await askModern(one, 'tools/call', { name: 'slow' }, tasks);
    return result.taskId;
  }

  test('is there on the other replica at once, and its result, too', async () => {
    const taskId = await start();
    expect(await askModern(other, 'tasks/get', { taskId }, tasks)).toMatchObject({
      result: { taskId, status: 'working' },
    });
    await succeed(one, taskId);
    expect(await askModern(other, 'tasks/get', { taskId }, tasks)).toMatchObject({
      result: { status: 'completed', result: { structuredContent: { n: 42 } } },
    });
  });

  test('is listened to on the other replica', async () => {
    const taskId = await start();
    const listen = 'subscriptions/listen';
    const response = await postModern(
      other,
      listen,
      { notifications: { taskIds: [taskId] } },
      tasks,
    );
    const messages = messagesOf(response, listen);
    const next = async (): Promise<Message> => (await messages.next()).value;
    expect(await next()).toMatchObject({ params: { notifications: { taskIds: [taskId] } } });
    expect(await next()).toMatchObject({ params: { status: 'working', statusMessage: 'queued' } });

    await report(one, taskId, 'heartbeat', { actor_name: 'somebody', status: 'processing' });
    expect(await next()).toMatchObject({
      params: {
        status: 'working',
        statusMessage: expect.stringMatching(/^step 1 of 2 · .+first · 25 %$/),
      },
    });
    await succeed(one, taskId);
    expect(await next()).toMatchObject({
      params: { status: 'completed', result: { structuredContent: { n: 42 } } },
    });
    await messages.return(undefined);
  });

  test('is cancelled on the other replica', async () => {
    const taskId = await start();
    await askModern(other, 'tasks/cancel', { taskId }, tasks);
    expect(await askModern(one, 'tasks/get', { taskId }, tasks)).toMatchObject({
      result: { status: 'cancelled' },
    });
  });
});

describe('a task of 2025-11-25', () => {
  async function start(): Promise<string> {
    const { result } = await askLegacy(one, 'tools/call', { name: 'slow', task: {} });
    return result.task.taskId;
  }

  test('is waited for on the other replica', async () => {
    const taskId = await start();
    const waited = askLegacy(other, 'tasks/result', { taskId });
    await succeed(one, taskId);
    expect(await waited).toMatchObject({ result: { structuredContent: { n: 42 } } });
  });

  test('is cancelled on the other replica', async () => {
    const taskId = await start();
    expect(await askLegacy(other, 'tasks/cancel', { taskId })).toMatchObject({
      result: { taskId, status: 'cancelled' },
    });
    expect(await askLegacy(one, 'tasks/get', { taskId })).toMatchObject({
      result: { status: 'cancelled' },
    });
  });
});
