import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startActors, startGateway, type AsyaProcess } from '../support/processes.ts';
import { ScratchBroker } from '../support/scratch-broker.ts';
import { readEvents } from '../support/clients/sse-client.ts';

/*
 * Actors as processes of their own: killed, stuck, called off, stopped.
 */

const actorsFile = fileURLToPath(new URL('../support/worker-actors.ts', import.meta.url));

/** Time limits of tools, in seconds: the first is long enough, unless the machine is very busy. */
const hurried = [2, 10, 50];

let database: TestDatabase;
let broker: ScratchBroker;
let directory: string;
let env: Record<string, string>;
let gateway: AsyaProcess;
let url: string;
const running = new Set<AsyaProcess>();
let gates = 0;

beforeAll(async () => {
  database = await createDatabase();
  broker = new ScratchBroker();
  directory = await mkdtemp(join(tmpdir(), 'asya-'));
  const [patient, stuck, curious] = ['patient', 'stuck', 'curious'].map((name) =>
    broker.step(name),
  );
  const shout = [broker.step('split'), broker.step('loud')];
  const tools = join(directory, 'tools.yaml');
  const rest = 'description: d, parameters: { gate: { type: string }, n: { type: integer } }';
  await writeFile(
    tools,
    [
      'tools:',
      `  - { name: patient, ${rest}, route: [${patient}] }`,
      ...hurried.map(
        (seconds) =>
          `  - { name: hurried_${seconds}, ${rest}, timeout: ${seconds}, route: [${patient}] }`,
      ),
      `  - { name: watched, ${rest}, heartbeat_timeout: 600, route: [${patient}] }`,
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

async function job(id: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${url}/jobs/${id}`)).json()) as Record<string, unknown>;
}

/** The job when it is over. */
async function finished(id: string): Promise<Record<string, unknown>> {
  const stream = await fetch(`${url}/jobs/${id}/stream`);
  for await (const _ of readEvents(stream));
  return job(id);
}

/** A file that does not exist: handlers work until it does. */
function aGate(): string {
  return join(directory, `gate-${gates++}`);
}

function open(gate: string): Promise<void> {
  return writeFile(gate, '');
}

describe('an actor that dies', () => {
  test('in the middle of its work leaves the message to another, and the job finishes', async () => {
    const first = await actors();
    const gate = aGate();
    const id = await call('patient', { gate });
    await first.says(/at work/);
    await first.kill();
    await actors();
    await open(gate);
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: true },
    });
  });
});

describe('a message that comes again', () => {
  test('is not worked on once its job is over, though nobody called the job off', async () => {
    const first = await actors(['patient']);
    const id = await call('patient', {});
    await finished(id);
    await first.stop();
    const step = `${broker.exchange}-patient`;
    const route = { steps: [step], current: 0 };
    await broker.use(async (connection) => {
      const message = { routingKey: step, replyTo: `${broker.exchange}.reports` };
      const channel = await connection.acquire();
      await channel.basicPublish(message, { job_id: id, route, payload: {} });
      // As it is left behind by an actor that dies between the outcome and the acknowledgement.
      await expect.poll(() => channel.basicGet({ queue: step })).toBeDefined();
      await channel.close();
    });
    const next = await actors(['patient']);
    await next.says(/left alone: the job takes no outcome any more/);
    expect(await finished(await call('patient', {}))).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: false },
    });
    await next.stop();
    expect(next.output.match(/"at work"/g)).toHaveLength(1);
    expect(await broker.depth(step)).toBe(0);
  });
});

describe('a handler at work in another process', () => {
  test('hears of a cancellation', async () => {
    const worker = await actors();
    const id = await call('patient', { gate: aGate() });
    await worker.says(/at work/);
    const cancelled = await fetch(`${url}/jobs/${id}/cancel`, { method: 'POST' });
    expect(cancelled.status).toBe(202);
    await worker.says(/stopped: AbortError: the job is over: CancelledByClient/);
    // It takes the next message.
    expect(await finished(await call('patient', {}))).toMatchObject({ status: 'Succeeded' });
    expect(await finished(id)).toMatchObject({ status: 'Cancelled' });
  });

  test('stops at the deadline', async () => {
    const worker = await actors();
    for (const seconds of hurried) {
      const id = await call(`hurried_${seconds}`, { gate: aGate() });
      expect(await finished(id)).toMatchObject({ status: 'Failed', reason: 'DeadlineExceeded' });
      // Else the job failed before an actor could begin.
      if (worker.output.includes('at work')) break;
    }
    await worker.says(/stopped: TimeoutError/);
  });

  test('is alive while it waits for something, and not while it blocks its process', async () => {
    const [worker, blocked] = await Promise.all([actors(['patient']), actors(['stuck'])]);
    const [gate, gateOfBlocked] = [aGate(), aGate()];
    const [waiting, blocking] = await Promise.all([
      call('watched', { gate }),
      call('stuck', { gate: gateOfBlocked }),
    ]);
    await worker.says(/at work/);
    expect(await finished(blocking)).toMatchObject({ status: 'Failed', reason: 'HeartbeatLost' });
    const heard = async () => (await job(waiting))['last_heartbeat_at'];
    for (let beats = 0; beats < 3; beats++) {
      const last = await heard();
      await expect.poll(heard).not.toBe(last);
    }
    await open(gate);
    expect(await finished(waiting)).toMatchObject({ status: 'Succeeded' });
    // Else its message would come again, to whoever is next.
    await open(gateOfBlocked);
    await blocked.stop();
  });
});

describe('a handler that asks', () => {
  test('goes on in another process, though everything died meanwhile', async () => {
    const first = await actors(['curious']);
    const id = await call('curious', { n: 7 });
    await expect
      .poll(() => job(id))
      .toMatchObject({
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
    expect(result).toMatchObject({ name: { content: { is: 'Ada' } }, n: 7 });
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
    const gate = aGate();
    const id = await call('patient', { gate });
    await worker.says(/at work/);
    worker.child.kill('SIGTERM');
    await worker.says(/SIGTERM: finishing what is at work/);
    const waiting = await call('patient', {});
    await open(gate);
    expect(await worker.exited).toMatchObject({ code: 0 });
    expect(await finished(id)).toMatchObject({
      status: 'Succeeded',
      result: { redelivered: false },
    });
    expect(await job(waiting)).toMatchObject({ status: 'Pending' });
  });
});
