import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, startGateway, type AsyaProcess } from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents } from '../support/sse-client.ts';

/*
 * Actors as processes of their own: killed, stuck, called off, stopped.
 */

const actorsFile = fileURLToPath(new URL('../support/worker-actors.ts', import.meta.url));

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
let env: Record<string, string>;
let gateway: AsyaProcess;
let url: string;
const running = new Set<AsyaProcess>();

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const [patient, stuck, curious] = ['patient', 'stuck', 'curious'].map((name) =>
    broker.step(name),
  );
  const shout = [broker.step('split'), broker.step('loud')];
  const tools = join(directory, 'tools.yaml');
  const rest = 'description: d, parameters: { ms: { type: integer, default: 0 } }';
  await writeFile(
    tools,
    [
      'tools:',
      `  - { name: patient, ${rest}, route: [${patient}] }`,
      `  - { name: hurried, ${rest}, timeout: 1, route: [${patient}] }`,
      `  - { name: watched, ${rest}, heartbeat_timeout: 1, route: [${patient}] }`,
      `  - { name: shout, description: d, parameters: { text: { type: string } }, route: [${shout.join()}] }`,
      `  - { name: curious, ${rest}, route: [${curious}] }`,
      `  - { name: stuck, ${rest}, heartbeat_timeout: 1, route: [${stuck}] }`,
    ].join('\n'),
  );
  env = {
    ASYA_DATABASE_URL: database.url,
    ASYA_RABBITMQ_URL: broker.url,
    ASYA_RABBITMQ_EXCHANGE: broker.exchange,
    ASYA_CONFIG_PATH: tools,
    TEST_STEP_PREFIX: broker.exchange,
  };
  ({ process: gateway, url } = await startGateway(env));
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
  await broker.remove();
  await rm(directory, { recursive: true });
});

beforeEach(() => async () => {
  await Promise.all([...running].filter((actors) => actors.running).map((actors) => actors.kill()));
  running.clear();
});

async function actors(only: string[] = []): Promise<AsyaProcess> {
  const steps = only.map((name) => `${broker.exchange}-${name}`);
  const started = await startActors(actorsFile, env, steps);
  running.add(started);
  return started;
}

/** Calls a tool, and returns the job's id. */
async function call(name: string, args: object): Promise<string> {
  const response = await fetch(`${url}/tools/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, arguments: args }),
  });
  const { structuredContent } = (await response.json()) as {
    structuredContent: { job_id: string };
  };
  return structuredContent.job_id;
}

/** The job when it is over. */
async function finished(id: string): Promise<Record<string, unknown>> {
  const stream = await fetch(`${url}/jobs/${id}/stream`);
  for await (const _ of readEvents(stream));
  return (await (await fetch(`${url}/jobs/${id}`)).json()) as Record<string, unknown>;
}

describe('an actor that dies', () => {
  test('in the middle of its work leaves the message to another, and the job finishes', async () => {
    const first = await actors();
    const id = await call('patient', { ms: 300 });
    await first.says(/at work/);
    await first.kill();
    await actors();
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: true },
    });
  });
});

describe('a handler at work in another process', () => {
  test('hears of a cancellation within a second', async () => {
    const worker = await actors();
    const id = await call('patient', { ms: 60_000 });
    await worker.says(/at work/);
    const cancelled = await fetch(`${url}/jobs/${id}/cancel`, { method: 'POST' });
    expect(cancelled.status).toBe(202);
    const begun = performance.now();
    await worker.says(/stopped: AbortError: the job is over: CancelledByClient/);
    expect(performance.now() - begun).toBeLessThan(1_000);
    // It takes the next message at once.
    expect(await finished(await call('patient', { ms: 0 }))).toMatchObject({ status: 'Succeeded' });
    expect(await finished(id)).toMatchObject({ status: 'Cancelled' });
  });

  test('stops at the deadline', async () => {
    const worker = await actors();
    const id = await call('hurried', { ms: 60_000 });
    await worker.says(/stopped: TimeoutError/);
    expect(await finished(id)).toMatchObject({ status: 'Failed', reason: 'DeadlineExceeded' });
  });

  test('is alive while it waits for something, and not while it blocks its process', async () => {
    await Promise.all([actors(['patient']), actors(['stuck'])]);
    const [waiting, blocking] = await Promise.all([
      call('watched', { ms: 2_500 }),
      call('stuck', { ms: 2_500 }),
    ]);
    expect(await finished(blocking)).toMatchObject({ status: 'Failed', reason: 'HeartbeatLost' });
    expect(await finished(waiting)).toMatchObject({ status: 'Succeeded' });
  });
});

describe('a handler that asks', () => {
  test('goes on in another process, though everything died meanwhile', async () => {
    const first = await actors(['curious']);
    const id = await call('curious', { ms: 7 });
    const waiting = async () =>
      (await (await fetch(`${url}/jobs/${id}`)).json()) as { pid: number };
    await expect.poll(waiting, { timeout: 10_000 }).toMatchObject({
      status: 'InputRequired',
      input_requests: { name: { method: 'elicitation/create' } },
    });
    await first.kill();
    await gateway.kill();
    ({ process: gateway, url } = await startGateway(env));
    const answer = await fetch(`${url}/jobs/${id}/input`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ answers: { name: { action: 'accept', content: { is: 'Ada' } } } }),
    });
    expect(answer.status).toBe(202);
    // The answer is in the outbox, whoever took it.
    await gateway.kill();
    ({ process: gateway, url } = await startGateway(env));
    await actors(['curious']);
    const { result } = (await finished(id)) as { result: { pid: number } };
    expect(result).toMatchObject({ name: { content: { is: 'Ada' } }, ms: 7 });
  });
});

describe('a fan-out', () => {
  test('makes children that the gateway knows from their reports alone, each with its own outcome', async () => {
    await actors(['split', 'loud']);
    const id = await call('shout', { text: 'one two three' });
    expect(await finished(id)).toMatchObject({ status: 'Succeeded', result: 'ONE' });
    for (const [child, result] of [
      [`${id}-1`, 'TWO'],
      [`${id}-2`, 'THREE'],
    ] as const) {
      expect(await finished(child)).toMatchObject({
        parent_id: id,
        status: 'Succeeded',
        result,
        route: { steps: [`${broker.exchange}-split`, `${broker.exchange}-loud`] },
      });
    }
    const listed = (await (await fetch(`${url}/jobs?parent_id=${id}`)).json()) as { jobs: [] };
    expect(listed.jobs).toHaveLength(2);
  });
});

describe('SIGTERM', () => {
  test('lets the handler at work finish, takes nothing new, and ends with code 0', async () => {
    const worker = await actors();
    const id = await call('patient', { ms: 700 });
    await worker.says(/at work/);
    const [exit, waiting] = await Promise.all([worker.stop(), call('patient', { ms: 0 })]);
    expect(exit.code).toBe(0);
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: false },
    });
    const { status } = (await (await fetch(`${url}/jobs/${waiting}`)).json()) as {
      status: string;
    };
    expect(status).toBe('Pending');
  });
});
